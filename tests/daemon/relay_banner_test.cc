// SPDX-License-Identifier: BSD-2-Clause
// Banners: in order, whole, to clients fast and slow, and then the client back or closed.
#include <fcntl.h>

#include <chrono>
#include <fstream>

#include "tests/daemon/relay_fixture.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

class BannerFile {
 public:
  explicit BannerFile(const std::string& text) : path_(directory_ / "banner") {
    std::ofstream(path_, std::ios::binary) << text;
  }
  UniqueFd Open() const { return UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)); }

 private:
  testlib::TempDir directory_;
  std::string path_;
};

void Show(RelayUnderTest& relay, SessionId id, const UniqueFd& client, bool give_back,
          const std::vector<const UniqueFd*>& files) {
  AskBanner ask;
  ask.header.session = id;
  ask.give_back = give_back ? 1 : 0;
  std::vector<int> descriptors = {client.get()};
  for (const UniqueFd* file : files) descriptors.push_back(file->get());
  relay.Ask(ask, descriptors);
}

TEST_CASE("the relay lets go of the client after the banner, in the mode it had") {
  RelayUnderTest relay;
  const UniqueFd file = BannerFile("Welcome\r\n").Open();
  ConnectionEnds client = TcpConnection();
  Show(relay, 9, client.far, true, {&file});
  CHECK(relay.Next<AnswerBanner>().header.session == 9);
  CHECK((::fcntl(client.far.get(), F_GETFL) & O_NONBLOCK) == 0);
  Write(client.far, "served");
  client.far.Reset();
  // The end comes only when nobody has the connection any more.
  CHECK(ReadToEnd(client.near) == "Welcome\r\nserved");
}

TEST_CASE("what the client said meanwhile is left for the service") {
  RelayUnderTest relay;
  const UniqueFd file = BannerFile("hi").Open();
  ConnectionEnds client = TcpConnection();
  Write(client.near, "early");
  Show(relay, 1, client.far, true, {&file});
  relay.Next<AnswerBanner>();
  CHECK(ReadExactly(client.far, 5) == "early");
}

TEST_CASE("without give_back the client is closed, and a talkative one still gets the banner") {
  RelayUnderTest relay;
  const BannerFile text("Go away\r\n");
  const UniqueFd file = text.Open();
  ConnectionEnds client = TcpConnection();
  Write(client.near, "GET / HTTP/1.0\r\n\r\n");
  Show(relay, 1, client.far, false, {&file});
  client.far.Reset();
  CHECK(ReadToEnd(client.near) == "Go away\r\n");
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kFinished);
  CHECK(done.bytes_out == 9);
}

TEST_CASE("two files are sent in their order, and an empty one is no obstacle") {
  RelayUnderTest relay;
  const BannerFile a("first "), b(""), c("second");
  const UniqueFd first = a.Open(), empty = b.Open(), second = c.Open();
  ConnectionEnds one = TcpConnection(), other = TcpConnection();
  Show(relay, 1, one.far, false, {&first, &second});
  Show(relay, 2, other.far, false, {&empty, &second});
  one.far.Reset();
  other.far.Reset();
  CHECK(ReadToEnd(one.near) == "first second");
  CHECK(ReadToEnd(other.near) == "second");
}

TEST_CASE("one open file serves several clients") {
  RelayUnderTest relay;
  const std::string text = Pattern(300'000, 4);
  const UniqueFd file = BannerFile(text).Open();
  std::vector<ConnectionEnds> clients;
  for (SessionId id = 1; id <= 5; ++id) {
    clients.push_back(TcpConnection());
    Show(relay, id, clients.back().far, false, {&file});
    clients.back().far.Reset();
  }
  for (const ConnectionEnds& client : clients) CHECK(ReadToEnd(client.near) == text);
}

TEST_CASE("a banner to a client that does not read delays no other, and ends at its deadline") {
  RelayUnderTest relay({.descriptors = 64, .banner = std::chrono::milliseconds(700)});
  const UniqueFd file = BannerFile(std::string(30'000'000, 'b')).Open();
  ConnectionEnds deaf = TcpConnection(), echo = TcpConnection();
  Show(relay, 1, deaf.far, true, {&file});
  relay.Serve(2, WireBuiltin::kEcho, std::move(echo.far));
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    Write(echo.near, "ping");
    REQUIRE(ReadExactly(echo.near, 4) == "ping");
  }
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(500));
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.header.session == 1);
  CHECK(done.outcome == Outcome::kClientSlow);
  CHECK(done.error == ETIMEDOUT);
}

TEST_CASE("a banner that cannot be read keeps nobody out") {
  RelayUnderTest relay;
  const UniqueFd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ConnectionEnds client = TcpConnection();
  Show(relay, 1, client.far, true, {&directory});
  CHECK(relay.Next<AnswerBanner>().header.session == 1);
}

TEST_CASE("a client that resets during its banner does not come back") {
  RelayUnderTest relay;
  const UniqueFd file = BannerFile(std::string(30'000'000, 'b')).Open();
  ConnectionEnds client = TcpConnection();
  Show(relay, 1, client.far, true, {&file});
  CHECK(ReadExactly(client.near, 1000).size() == 1000);
  Reset(client.near);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kClientGone);
}

}  // namespace
}  // namespace postern::daemon
