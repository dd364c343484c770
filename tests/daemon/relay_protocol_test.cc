// SPDX-License-Identifier: BSD-2-Clause
// The relay and posternd: stopping, fullness, slowness, and everything that is not in the protocol.
#include <fcntl.h>

#include <cstdlib>
#include <ctime>

#include "daemon/relay/chargen_text.h"
#include "daemon/relay/clock_text.h"
#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

TEST_CASE("a stopped session closes its client and reports what it moved") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(1, WireBuiltin::kEcho, TcpConnection());
  CHECK(Passes(client, "abc", client));
  relay.Stop(1);
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kStopped);
  CHECK(done.bytes_in == 3);
  CHECK(ReadToEnd(client).empty());
}

TEST_CASE("a client that posternd still holds is left alone after its session") {
  RelayUnderTest relay;
  ConnectionEnds client = TcpConnection();
  AskServe ask;
  ask.header.session = 1;
  ask.builtin = WireBuiltin::kEcho;
  relay.Ask(ask, {client.far.get()});
  relay.Stop(1);
  relay.Next<AnswerDone>();
  Write(client.near, "for someone else");
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
  CHECK(ReadExactly(client.far, 16) == "for someone else");
}

TEST_CASE("stopping a session that has just ended is not garbage") {
  RelayUnderTest relay;
  relay.Stop(1);
  const UniqueFd client = relay.Serve(2, WireBuiltin::kEcho, TcpConnection());
  CHECK(Passes(client, "still here", client));
}

TEST_CASE("closing the channel closes every client and ends the relay in good order") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(1, WireBuiltin::kEcho, TcpConnection());
  CHECK(Passes(client, "x", client));
  CHECK(relay.Join() == Relay::State::kChannelClosed);
  CHECK(ReadToEnd(client).empty());
}

TEST_CASE("a full relay closes the client, says so, and goes on when there is room") {
  RelayUnderTest relay({.descriptors = 18});
  std::vector<UniqueFd> clients;
  for (SessionId id = 1; id <= 3; ++id) {
    clients.push_back(relay.Serve(id, WireBuiltin::kEcho, UnixConnection()));
  }
  const auto refused = relay.Next<AnswerDone>();
  CHECK(refused.header.session == 3);
  CHECK(refused.outcome == Outcome::kNoCapacity);
  CHECK(ReadToEnd(clients[2]).empty());
  clients[0].Reset();
  CHECK(relay.Next<AnswerDone>().header.session == 1);
  const UniqueFd next = relay.Serve(4, WireBuiltin::kEcho, UnixConnection());
  CHECK(Passes(next, "x", next));
}

TEST_CASE("answers wait while posternd does not read, and none is lost") {
  RelayUnderTest relay;
  const UniqueFd bystander = relay.Serve(5000, WireBuiltin::kEcho, UnixConnection());
  std::vector<UniqueFd> clients;
  for (SessionId id = 1; id <= 2000; ++id) {
    clients.push_back(relay.Serve(id, WireBuiltin::kEcho, UnixConnection()));
  }
  clients.clear();
  // The relay's answers fill the channel; clients are served all the same.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(Passes(bystander, "ping", bystander));
  std::vector<bool> ended(2001);
  for (int i = 0; i < 2000; ++i) {
    const auto done = relay.Next<AnswerDone>();
    REQUIRE(done.header.session <= 2000);
    CHECK_FALSE(ended[done.header.session]);
    ended[done.header.session] = true;
  }
}

TEST_CASE("a posternd that asks without reading the answers is held back") {
  RelayUnderTest relay;
  const UniqueFd service = BoundLoopback(SOCK_DGRAM);
  AskDatagram ask;
  ask.builtin = WireBuiltin::kEcho;
  int asked = 0;
  for (; relay.TryAsk(ask, service); ++asked) REQUIRE(asked < 20'000);
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
  // Nothing is lost, and it goes on.
  for (; asked > 0; --asked) {
    CHECK(relay.Next<AnswerDatagram>().outcome == DatagramOutcome::kVanished);
  }
}

// Sends one frame and expects the relay to end over it. `descriptors` of them go along.
template <typename Frame>
void ExpectGarbage(const Frame& frame, std::size_t descriptors) {
  RelayUnderTest relay;
  ConnectionEnds client = UnixConnection();
  relay.Ask(frame, std::vector<int>(descriptors, client.far.get()));
  CHECK(relay.AwaitEnd() == Relay::State::kGarbage);
}

TEST_CASE("a frame with too few or too many descriptors is garbage") {
  AskServe serve;
  serve.builtin = WireBuiltin::kEcho;
  ExpectGarbage(serve, 0);
  ExpectGarbage(serve, 2);
  ExpectGarbage(AskMux{}, 0);
  ExpectGarbage(AskSplice{}, 1);
  ExpectGarbage(AskSplice{}, 3);
  ExpectGarbage(AskBanner{}, 1);
  ExpectGarbage(AskBanner{}, 4);
  ExpectGarbage(AskMuxClear{}, 1);
  ExpectGarbage(AskStop{}, 1);
  AskDatagram datagram;
  datagram.builtin = WireBuiltin::kEcho;
  ExpectGarbage(datagram, 0);
  ExpectGarbage(datagram, 2);
}

TEST_CASE("an unknown enumerator or count is garbage") {
  AskServe serve;
  ExpectGarbage(serve, 1);
  serve.builtin = WireBuiltin{6};
  ExpectGarbage(serve, 1);
  AskDatagram datagram;
  ExpectGarbage(datagram, 1);
  AskBanner banner;
  banner.give_back = 2;
  ExpectGarbage(banner, 2);
  AskMuxName name;
  ExpectGarbage(name, 0);
  name.length = kMaxMuxName + 1;
  ExpectGarbage(name, 0);
}

TEST_CASE("a redirect without usable addresses is garbage") {
  AskRedirect ask;
  ExpectGarbage(ask, 1);
  ask.address_count = kMaxRedirectAddresses + 1;
  ExpectGarbage(ask, 1);
  ask.address_count = 1;
  ExpectGarbage(ask, 1);  // port 0
  ask.addresses[0].port = 80;
  ask.addresses[0].is_v4 = 1;  // of an address that is not IPv4
  ExpectGarbage(ask, 1);
  ask.addresses[0].is_v4 = 2;
  ExpectGarbage(ask, 1);
  ask.addresses[0].is_v4 = 0;
  ask.keepalive = 2;
  ExpectGarbage(ask, 1);
}

TEST_CASE("an answer, an unknown type, a wrong size and rubbish are garbage") {
  ExpectGarbage(AnswerDone{}, 0);
  ExpectGarbage(AnswerReady{}, 0);
  ExpectGarbage(FrameHeader{FrameType{99}}, 0);
  ExpectGarbage(FrameHeader{FrameType::kAskServe}, 1);
  ExpectGarbage(std::array<char, 1>{'x'}, 0);
  ExpectGarbage(std::array<char, kMaxFrame>{}, 0);
}

TEST_CASE("a frame longer than any is garbage") {
  RelayUnderTest relay;
  const std::vector<std::byte> oversize(kMaxFrame + 1);
  relay.AskBytes(oversize);
  CHECK(relay.AwaitEnd() == Relay::State::kGarbage);
}

TEST_CASE("a session that is in flight already is garbage to ask for again") {
  RelayUnderTest relay;
  ConnectionEnds one = UnixConnection(), other = UnixConnection();
  relay.Serve(1, WireBuiltin::kEcho, std::move(one.far));
  relay.Serve(1, WireBuiltin::kEcho, std::move(other.far));
  CHECK(relay.AwaitEnd() == Relay::State::kGarbage);
}

TEST_CASE("a descriptor that is no socket ends its session, not the relay") {
  RelayUnderTest relay;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  relay.Serve(1, WireBuiltin::kEcho, UniqueFd(ends[0]));
  const UniqueFd write_end(ends[1]);
  REQUIRE(::write(write_end.get(), "x", 1) == 1);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kClientGone);
  const UniqueFd client = relay.Serve(2, WireBuiltin::kEcho, UnixConnection());
  CHECK(Passes(client, "x", client));
}

TEST_CASE("a relay without descriptors does not start") {
  auto pair = sandbox::MakeChannel();
  REQUIRE(pair);
  CHECK_FALSE(Relay::Make(std::move(pair->theirs), {.descriptors = 16}));
}

TEST_CASE("daytime and time have the forms of their standards") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  CHECK(DaytimeText(1'795'410'983) == "23 NOV 2026 05:16:23 UTC\r\n");
  // RFC 868: "the time 2,629,584,000 corresponds to 00:00 1 May 1983 GMT".
  CHECK(TimeBytes(0) == std::string("\x83\xaa\x7e\x80", 4));
  CHECK(TimeBytes(420'595'200) == std::string("\x9c\xbc\x44\x80", 4));
}

TEST_CASE("the characters are 93 lines of 72, each a character later") {
  const std::string_view cycle = ChargenCycle();
  REQUIRE(cycle.size() == 93U * 74U);
  CHECK(cycle.substr(0, 10) == "!\"#$%&'()*");
  CHECK(cycle.substr(70, 6) == "gh\r\n\"#");
  CHECK(cycle.substr(92U * 74U, 3) == "}!\"");
  CHECK(cycle.find('~') == std::string_view::npos);
}

}  // namespace
}  // namespace postern::daemon
