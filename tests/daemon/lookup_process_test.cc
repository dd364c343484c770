// SPDX-License-Identifier: BSD-2-Clause
// postern-lookup without its confinement: questions over the channel, with a name server and an
// ident server of the test's own.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "daemon/lookup/lookup.h"
#include "policy/names/dns_message.h"
#include "sandbox/channel.h"
#include "sandbox/sys/payload.h"
#include "tests/testlib/dns_server.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using namespace std::chrono_literals;
using sys::UniqueFd;
using testlib::DnsBytes;
using testlib::DnsServer;

constexpr int kA = 1, kPtr = 12;

WireAddress Loopback(std::uint8_t last, std::uint16_t port = 0) {
  WireAddress address;
  address.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last};
  address.port = port;
  address.is_v4 = 1;
  return address;
}

UniqueFd FileWith(const std::string& text) {
  char path[] = "/tmp/postern-test-XXXXXX";
  UniqueFd file(::mkstemp(path));
  ::unlink(path);
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return file;
}

struct Fixture {
  DnsServer dns;
  UniqueFd ident;
  UniqueFd channel;
  std::unique_ptr<Lookup> lookup;

  Fixture() {
    ident = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0).value();
    REQUIRE(sys::Bind(ident, DnsServer::Loopback(0)));
    REQUIRE(sys::Listen(ident, 512));
    auto pair = sandbox::MakeChannel();
    channel = std::move(pair->ours);
    TellFiles("127.0.0.7 files.test\n", "nameserver 127.0.0.1\n", "hosts: files dns\n");
    lookup = std::move(*Lookup::Make(std::move(pair->theirs),
                                     {dns.port(), sys::LocalAddress(ident).value().port()}));
    CHECK(Next<AnswerReady>().header.session == 0);
  }
  void TellFiles(const std::string& hosts, const std::string& resolv, const std::string& nss) {
    const UniqueFd files[] = {FileWith(hosts), FileWith(resolv), FileWith(nss)};
    const int descriptors[] = {files[0].get(), files[1].get(), files[2].get()};
    AskFiles ask;
    ask.present = kHostsPresent | kResolvPresent | kSwitchPresent;
    REQUIRE(sandbox::SendFrame(channel, AsFrame(ask), descriptors));
  }
  void Name(SessionId id, std::uint8_t last, std::uint32_t ms = 5000) {
    AskName ask;
    ask.header.session = id;
    ask.address = Loopback(last);
    ask.milliseconds = ms;
    REQUIRE(sandbox::SendFrame(channel, AsFrame(ask), {}));
  }
  void User(SessionId id, std::uint16_t port, std::uint32_t ms = 5000) {
    AskUser ask;
    ask.header.session = id;
    ask.client = Loopback(1, port);
    ask.server = Loopback(2, 22);
    ask.milliseconds = ms;
    REQUIRE(sandbox::SendFrame(channel, AsFrame(ask), {}));
  }
  template <typename Frame>
  Frame Next() {
    alignas(8) std::byte buffer[kMaxFrame];
    for (const auto end = sys::BootTime() + 10s;;) {
      REQUIRE(sys::BootTime() < end);
      REQUIRE(lookup->Turn(5ms) == Lookup::State::kRunning);
      const auto received = sandbox::ReceiveFrame(channel, buffer);
      if (!received) continue;
      Frame frame;
      REQUIRE(ReadFrame(std::span(buffer).first(received->length), frame));
      return frame;
    }
  }
  UniqueFd TakeIdent() {
    for (const auto end = sys::BootTime() + 10s;;) {
      REQUIRE(sys::BootTime() < end);
      REQUIRE(lookup->Turn(5ms) == Lookup::State::kRunning);
      if (auto accepted = sys::Accept(ident, true)) return std::move(accepted->socket);
    }
  }
  void Serve(std::uint8_t last, const std::string& name) {
    const auto address = policy::IpAddress::FromV4(0x7f000000U + last);
    const std::string reverse = policy::ReverseQuestion(address);
    dns.Tell(reverse, kPtr, {.records = {{reverse, kPtr, 60, DnsBytes::Name(name)}}});
    dns.Tell(name, kA, {.records = {{name, kA, 60, DnsBytes::Octets({127, 0, 0, last})}}});
  }
};

TEST_CASE_METHOD(Fixture, "a name comes from the files, or from the server they name") {
  Serve(8, "dns.test");
  Name(1, 7);
  Name(2, 8);
  Name(3, 9);
  std::map<SessionId, AnswerName> answers;
  while (answers.size() < 3) {
    const auto answer = Next<AnswerName>();
    REQUIRE(Valid(answer));
    answers[answer.header.session] = answer;
  }
  CHECK(NameIn(answers[1]) == "files.test");
  CHECK(NameIn(answers[2]) == "dns.test");
  CHECK(answers[3].outcome == WireName::kNone);
}

TEST_CASE_METHOD(Fixture, "a name that is not confirmed is not told") {
  Serve(8, "dns.test");
  dns.Tell("dns.test", kA, {.records = {{"dns.test", kA, 60, DnsBytes::Octets({127, 0, 0, 1})}}});
  Name(1, 8);
  const auto answer = Next<AnswerName>();
  CHECK(Valid(answer));
  CHECK(answer.outcome == WireName::kOtherAddress);
  CHECK(answer.length == 0);
}

TEST_CASE_METHOD(Fixture, "each question is answered at its own deadline, and once") {
  dns.Tell(policy::ReverseQuestion(policy::IpAddress::FromV4(0x7f000008)), kPtr, {.silent = true});
  Name(1, 8, 5000);
  Name(2, 8, 50);
  CHECK(Next<AnswerName>().header.session == 2);
  User(3, 4711, 50);
  const auto user = Next<AnswerUser>();
  CHECK(user.outcome == WireUser::kTimeout);
  CHECK(Valid(user));
}

TEST_CASE_METHOD(Fixture, "a user is told with what the server says of the system") {
  User(1, 4711);
  const UniqueFd asked = TakeIdent();
  std::byte buffer[64];
  while (!sys::ReceiveSome(asked, buffer)) lookup->Turn(5ms);
  const std::string reply = "4711, 22 : USERID : UNIX : two words\r\n";
  REQUIRE(sys::SendSome(asked, std::as_bytes(std::span(reply))));
  const auto answer = Next<AnswerUser>();
  CHECK(Valid(answer));
  CHECK(SystemIn(answer) == "UNIX");
  CHECK(TextIn(answer) == "two words");
}

TEST_CASE_METHOD(Fixture, "hundreds of silent ident servers keep nobody waiting") {
  for (SessionId id = 1; id <= 300; ++id) {
    User(id, static_cast<std::uint16_t>(1000 + id), 20'000);
    lookup->Turn(0ms);
  }
  Name(1000, 7);
  const auto answer = Next<AnswerName>();
  CHECK(answer.header.session == 1000);
  CHECK(NameIn(answer) == "files.test");
}

TEST_CASE_METHOD(Fixture, "other files hold from the next question on") {
  TellFiles("127.0.0.7 other.test\n", "", "hosts: files myhostname\n");
  Name(1, 7);
  CHECK(NameIn(Next<AnswerName>()) == "other.test");
}

TEST_CASE("what is not in the protocol ends it") {
  const auto Ends = [](const auto& frame, bool with_descriptor = false) {
    Fixture fixture;
    const int descriptor = 0;
    const std::span<const int> lent(&descriptor, with_descriptor ? 1 : 0);
    REQUIRE(sandbox::SendFrame(fixture.channel, AsFrame(frame), lent));
    fixture.lookup->Turn(1000ms);
    return fixture.lookup->Turn(0ms) == Lookup::State::kGarbage;
  };
  CHECK(Ends(AnswerReady{}));
  CHECK(Ends(AskName{}));  // no number, no deadline
  AskName name;
  name.header.session = 1;
  name.milliseconds = 5000;
  CHECK_FALSE(Ends(name));
  CHECK(Ends(name, /*with_descriptor=*/true));
  AskUser user;
  user.header.session = 1;
  user.milliseconds = 5000;
  user.client.is_v4 = 1;
  CHECK(Ends(user));
  AskFiles files;
  files.present = kHostsPresent;
  CHECK(Ends(files));
  Fixture fixture;
  fixture.channel.Reset();
  fixture.lookup->Turn(1000ms);
  CHECK(fixture.lookup->Turn(0ms) == Lookup::State::kChannelClosed);
}

TEST_CASE("an answer is valid only with the text that it may have") {
  AnswerName name;
  CHECK(Valid(name));
  name.name[3] = 'x';
  CHECK_FALSE(Valid(name));
  name = {};
  name.outcome = WireName::kConfirmed;
  CHECK_FALSE(Valid(name));
  name.name[0] = 'a';
  name.length = 1;
  CHECK(Valid(name));
  name.name[0] = ' ';
  CHECK_FALSE(Valid(name));
  name.length = 256;
  CHECK_FALSE(Valid(name));
  AnswerUser user;
  CHECK(Valid(user));
  user.outcome = WireUser::kUser;
  CHECK_FALSE(Valid(user));
  user.text[0] = '\x1b';
  user.text_length = 1;
  CHECK(Valid(user));
  user.text[0] = '\n';
  CHECK_FALSE(Valid(user));
  user = {};
  user.outcome = WireUser{7};
  CHECK_FALSE(Valid(user));
}

}  // namespace
}  // namespace postern::daemon
