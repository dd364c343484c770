// SPDX-License-Identifier: BSD-2-Clause
// The built-in services over datagrams: exactly one answer each, and none where it could be abused.
#include "daemon/relay/chargen_text.h"
#include "daemon/relay/reflection.h"
#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

// A service's socket, and one client of it.
struct Datagrams {
  UniqueFd service = BoundLoopback(SOCK_DGRAM);
  UniqueFd client = DatagramClient();

  void Send(const std::string& text) {
    const sockaddr_in to = LocalName(service);
    REQUIRE(::sendto(client.get(), text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to),
                     sizeof to) == static_cast<ssize_t>(text.size()));
  }
  std::string Receive() {
    std::string text(70'000, '\0');
    const ssize_t n = ::recv(client.get(), text.data(), text.size(), 0);
    REQUIRE(n >= 0);
    text.resize(static_cast<std::size_t>(n));
    return text;
  }
  bool Waits(const UniqueFd& fd) const { return Await(fd, POLLIN, 50); }
};

DatagramOutcome Ask(RelayUnderTest& relay, const Datagrams& pair, WireBuiltin builtin,
                    const WireAddress& sender) {
  AskDatagram ask;
  ask.header.session = 77;
  ask.builtin = builtin;
  ask.sender = sender;
  relay.Ask(ask, {pair.service.get()});
  const auto answer = relay.Next<AnswerDatagram>();
  CHECK(answer.header.session == 77);
  return answer.outcome;
}

DatagramOutcome Ask(RelayUnderTest& relay, const Datagrams& pair, WireBuiltin builtin) {
  return Ask(relay, pair, builtin, Wire(LocalName(pair.client)));
}

TEST_CASE("echo returns a datagram whole, the largest and the empty one included") {
  RelayUnderTest relay;
  Datagrams pair;
  for (const auto length : std::initializer_list<std::size_t>{0, 1, 2048, 2049, 65507}) {
    const std::string sent = Pattern(length, 9);
    pair.Send(sent);
    CHECK(Ask(relay, pair, WireBuiltin::kEcho) == DatagramOutcome::kAnswered);
    CHECK(pair.Receive() == sent);
  }
}

TEST_CASE("ten queued requests get ten replies, one for each request made") {
  RelayUnderTest relay;
  Datagrams pair;
  for (int i = 0; i < 10; ++i) pair.Send("request " + std::to_string(i));
  for (int i = 0; i < 10; ++i) {
    CHECK(Ask(relay, pair, WireBuiltin::kEcho) == DatagramOutcome::kAnswered);
    CHECK(pair.Receive() == "request " + std::to_string(i));
    CHECK_FALSE(pair.Waits(pair.client));
  }
  CHECK_FALSE(pair.Waits(pair.service));
}

TEST_CASE("chargen never answers with more than it was sent") {
  RelayUnderTest relay;
  Datagrams pair;
  for (const auto length : std::initializer_list<std::size_t>{1, 100, 1024, 5000}) {
    pair.Send(std::string(length, 'x'));
    CHECK(Ask(relay, pair, WireBuiltin::kChargen) == DatagramOutcome::kAnswered);
    CHECK(pair.Receive() == ChargenCycle().substr(0, std::min<std::size_t>(length, 1024)));
  }
  pair.Send("");
  CHECK(Ask(relay, pair, WireBuiltin::kChargen) == DatagramOutcome::kNothingToSay);
  CHECK_FALSE(pair.Waits(pair.client));
  CHECK_FALSE(pair.Waits(pair.service));
}

TEST_CASE("daytime and time answer what they are asked with their few bytes") {
  RelayUnderTest relay;
  Datagrams pair;
  pair.Send("");
  CHECK(Ask(relay, pair, WireBuiltin::kDaytime) == DatagramOutcome::kAnswered);
  const std::string text = pair.Receive();
  CHECK(text.size() >= 24);
  CHECK(text.ends_with("\r\n"));
  pair.Send("");
  CHECK(Ask(relay, pair, WireBuiltin::kTime) == DatagramOutcome::kAnswered);
  CHECK(pair.Receive().size() == 4);
}

TEST_CASE("discard takes one datagram and has nothing to say") {
  RelayUnderTest relay;
  Datagrams pair;
  pair.Send("one");
  pair.Send("two");
  CHECK(Ask(relay, pair, WireBuiltin::kDiscard) == DatagramOutcome::kNothingToSay);
  CHECK(pair.Waits(pair.service));
  CHECK(Ask(relay, pair, WireBuiltin::kDiscard) == DatagramOutcome::kNothingToSay);
  CHECK_FALSE(pair.Waits(pair.service));
}

TEST_CASE("a datagram of another sender than posternd decided on stays where it is") {
  RelayUnderTest relay;
  Datagrams pair;
  pair.Send("hello");
  WireAddress other = Wire(LocalName(pair.client));
  other.port = other.port == 40000 ? 40001 : 40000;
  CHECK(Ask(relay, pair, WireBuiltin::kEcho, other) == DatagramOutcome::kVanished);
  CHECK(pair.Waits(pair.service));
  CHECK(Ask(relay, pair, WireBuiltin::kEcho) == DatagramOutcome::kAnswered);
  CHECK(pair.Receive() == "hello");
}

TEST_CASE("an empty queue has vanished") {
  RelayUnderTest relay;
  Datagrams pair;
  CHECK(Ask(relay, pair, WireBuiltin::kEcho) == DatagramOutcome::kVanished);
}

TEST_CASE("a privileged source port is taken and not answered") {
  RelayUnderTest relay;
  Datagrams pair;
  UniqueFd privileged(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in name = LocalName(pair.client);
  // Needs CAP_NET_BIND_SERVICE, as the whole suite does.
  name.sin_port = htons(1007);
  REQUIRE(::bind(privileged.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  pair.client = std::move(privileged);
  pair.Send("x");
  CHECK(Ask(relay, pair, WireBuiltin::kEcho) == DatagramOutcome::kSuppressed);
  CHECK_FALSE(pair.Waits(pair.client));
  CHECK_FALSE(pair.Waits(pair.service));
}

TEST_CASE("two datagram services of our own do not answer each other") {
  RelayUnderTest relay;
  Datagrams first, second;
  first.Send("x");
  CHECK(Ask(relay, first, WireBuiltin::kEcho) == DatagramOutcome::kAnswered);
  // From the first service's port to the second one.
  std::swap(second.client, first.service);
  second.Send("x");
  CHECK(Ask(relay, second, WireBuiltin::kEcho) == DatagramOutcome::kSuppressed);
}

WireAddress Sender(std::array<std::uint8_t, 4> v4, std::uint16_t port) {
  WireAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(v4.begin(), v4.end(), address.bytes.begin() + 12);
  address.port = port;
  return address;
}

TEST_CASE("reflecting ports are not answered, their neighbours are") {
  for (const auto port : std::initializer_list<std::uint16_t>{0, 7, 19, 53, 123, 1023, 1434, 1900,
                                                              3702, 5353, 5683, 11211}) {
    CAPTURE(port);
    CHECK(MayReflect(Sender({192, 0, 2, 1}, port)));
  }
  for (const auto port :
       std::initializer_list<std::uint16_t>{1024, 1433, 1901, 5354, 11212, 49152, 65535}) {
    CAPTURE(port);
    CHECK_FALSE(MayReflect(Sender({192, 0, 2, 1}, port)));
  }
}

TEST_CASE("addresses that are no single host are not answered, the next ones are") {
  CHECK(MayReflect(Sender({0, 0, 0, 0}, 5000)));
  CHECK(MayReflect(Sender({0, 1, 2, 3}, 5000)));
  CHECK(MayReflect(Sender({224, 0, 0, 1}, 5000)));
  CHECK(MayReflect(Sender({239, 255, 255, 255}, 5000)));
  CHECK(MayReflect(Sender({240, 0, 0, 1}, 5000)));
  CHECK(MayReflect(Sender({255, 255, 255, 255}, 5000)));
  CHECK_FALSE(MayReflect(Sender({223, 255, 255, 255}, 5000)));
  CHECK_FALSE(MayReflect(Sender({1, 0, 0, 0}, 5000)));
  WireAddress v6;
  v6.port = 5000;
  CHECK(MayReflect(v6));
  v6.bytes[15] = 1;
  CHECK_FALSE(MayReflect(v6));
  v6.bytes[0] = 0xff;
  CHECK(MayReflect(v6));
  v6.bytes[0] = 0xfe;
  CHECK_FALSE(MayReflect(v6));
}

}  // namespace
}  // namespace postern::daemon
