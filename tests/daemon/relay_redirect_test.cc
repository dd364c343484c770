// SPDX-License-Identifier: BSD-2-Clause
// Redirect: both ways at once, half-close, and backends that are dead, slow or rude.
#include "tests/daemon/carrying_fixture.h"

namespace postern::daemon {
namespace {

AskRedirect RedirectTo(SessionId id, const std::vector<WireAddress>& addresses) {
  AskRedirect ask;
  ask.header.session = id;
  ask.address_count = static_cast<std::uint32_t>(addresses.size());
  std::copy(addresses.begin(), addresses.end(), ask.addresses.begin());
  return ask;
}

Ends Redirect(RelayUnderTest& relay, SessionId id, bool keepalive = false) {
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = TcpConnection();
  AskRedirect ask = RedirectTo(id, {Wire(LocalName(listener))});
  ask.keepalive = keepalive ? 1 : 0;
  relay.Ask(ask, {client.far.get()});
  return {std::move(client.near), AcceptOne(listener)};
}

// An address where nobody listens.
WireAddress DeadAddress() { return Wire(LocalName(BoundLoopback(SOCK_STREAM))); }

TEST_CASE("ten megabytes each way at once arrive byte for byte") {
  RelayUnderTest relay({.descriptors = 1024});
  ExchangeBothWays(relay, Redirect(relay, 1), 10'000'000);
}

TEST_CASE("they also do when there are no descriptors for pipes") {
  RelayUnderTest relay({.descriptors = 20});
  ExchangeBothWays(relay, Redirect(relay, 1), 10'000'000);
}

TEST_CASE("the client's half-close is passed on and the reply still delivered") {
  RelayUnderTest relay;
  AnswerAfterHalfClose(relay, Redirect(relay, 1));
}

TEST_CASE("the backend's half-close is passed on and the client still heard") {
  RelayUnderTest relay;
  Ends ends = Redirect(relay, 1);
  Write(ends.backend, "greeting");
  EndWriting(ends.backend);
  CHECK(ReadToEnd(ends.client) == "greeting");
  Write(ends.client, "afterwards");
  ends.client.Reset();
  CHECK(ReadToEnd(ends.backend) == "afterwards");
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.bytes_in == 10);
  CHECK(done.bytes_out == 8);
}

TEST_CASE("a client whose end is closed both ways has sent his last, and takes nothing more") {
  RelayUnderTest relay;
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = UnixConnection();
  relay.Ask(RedirectTo(1, {Wire(LocalName(listener))}), {client.far.get()});
  client.far.Reset();
  Write(client.near, "last words");
  client.near.Reset();
  const UniqueFd backend = AcceptOne(listener);
  CHECK(ReadToEnd(backend) == "last words");
  const auto done = relay.Next<AnswerDone>();  // the backend has not ended its side
  CHECK(done.bytes_in == 10);
}

TEST_CASE("urgent data neither holds up nor cuts off what follows it, through a pipe and without") {
  for (const std::size_t descriptors : {1024U, 20U}) {
    RelayUnderTest relay({.descriptors = descriptors});
    const Ends ends = Redirect(relay, 1);
    PassUrgentData(relay, ends.client, ends.backend);
    PassUrgentData(relay, ends.backend, ends.client);
  }
}

TEST_CASE("a slow reader gets everything, and the sender is held back meanwhile") {
  RelayUnderTest relay;
  Ends ends = Redirect(relay, 1);
  const std::string sent = Pattern(12'000'000, 13);
  std::thread writer([&] {
    Write(ends.backend, sent);
    ends.backend.Reset();
  });
  std::string got;
  while (got.size() < 400'000) {
    got += ReadExactly(ends.client, 20'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  got += ReadToEnd(ends.client);
  writer.join();
  CHECK(got == sent);
}

TEST_CASE("a dead address is passed over for the next one") {
  RelayUnderTest relay;
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = TcpConnection();
  relay.Ask(RedirectTo(1, {DeadAddress(), Wire(LocalName(listener))}), {client.far.get()});
  const UniqueFd backend = AcceptOne(listener);
  CHECK(Passes(backend, "here", client.near));
}

TEST_CASE("when no address answers the client is closed and the last error told") {
  RelayUnderTest relay;
  ConnectionEnds client = TcpConnection();
  relay.Ask(RedirectTo(1, {DeadAddress(), DeadAddress()}), {client.far.get()});
  client.far.Reset();
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kConnectFailed);
  CHECK(done.error == ECONNREFUSED);
  CHECK(ReadToEnd(client.near).empty());
}

TEST_CASE("an address that stays silent is given up at its deadline") {
  // A full backlog drops the handshake: the connection stays under way for minutes.
  const UniqueFd listener = BoundLoopback(SOCK_STREAM);
  REQUIRE(::listen(listener.get(), 0) == 0);
  const sockaddr_in name = LocalName(listener);
  std::vector<UniqueFd> filling;
  for (int i = 0; i < 4; ++i) {
    filling.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(filling.back().get(), reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  RelayUnderTest relay({.descriptors = 64, .connect = std::chrono::milliseconds(150)});
  ConnectionEnds client = TcpConnection();
  relay.Ask(RedirectTo(1, {Wire(name)}), {client.far.get()});
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kConnectFailed);
  CHECK(done.error == ETIMEDOUT);
}

TEST_CASE("a client that resets frees its backend") {
  RelayUnderTest relay;
  EndByReset(relay, Redirect(relay, 1));
}

TEST_CASE("a client that resets while the backend does not read frees it too") {
  RelayUnderTest relay;
  EndByResetUnread(relay, Redirect(relay, 1));
}

TEST_CASE("a session that can only wait costs no processor time") {
  RelayUnderTest relay;
  const UniqueFd listener = LoopbackListener();
  // Of a fixed size, which accepted sockets inherit: the kernel would go on making room for a
  // while.
  const int small = 4096;
  REQUIRE(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
  // A unix socket tells its end of file even while bytes before it are queued.
  ConnectionEnds client = UnixConnection();
  relay.Ask(RedirectTo(1, {Wire(LocalName(listener))}), {client.far.get()});
  client.far.Reset();
  const UniqueFd backend = AcceptOne(listener);
  EndWriting(backend);
  CHECK(ReadToEnd(client.near).empty());
  FillUp(client.near);
  EndWriting(client.near);
  // Both ends of file are in: the client is hung up for good, while the backend does not read.
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
}

TEST_CASE("what a backend sent before it reset is delivered") {
  RelayUnderTest relay;
  Ends ends = Redirect(relay, 1);
  Write(ends.client, "never read");
  Write(ends.backend, "go away");
  // Closing with unread bytes is a reset.
  REQUIRE(Await(ends.backend, POLLIN));
  ends.backend.Reset();
  CHECK(ReadExactly(ends.client, 7) == "go away");
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.bytes_out == 7);
  CHECK(done.outcome == Outcome::kTruncated);
}

TEST_CASE("a reset of the backend is no end of file, whether a read or a write finds it") {
  const bool by_write = GENERATE(false, true);
  RelayUnderTest relay;
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds client = UnixConnection();
  relay.Ask(RedirectTo(1, {Wire(LocalName(listener))}), {client.far.get()});  // which stays open
  UniqueFd backend = AcceptOne(listener);
  CHECK(Passes(client.near, "x", backend));
  if (by_write) FillUp(client.near);
  Reset(backend);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kTruncated);
  CHECK_FALSE(Await(client.near, POLLIN, 100));
}

TEST_CASE("a backend that has ended may be written to in vain: that is an end all the same") {
  RelayUnderTest relay;
  Ends ends = Redirect(relay, 1);
  Write(ends.backend, "all");
  ends.backend.Reset();
  CHECK(ReadToEnd(ends.client) == "all");
  for (int i = 0; i < 10; ++i) {
    TryWrite(ends.client, "x");
    ::usleep(20'000);
  }
  CHECK(relay.Next<AnswerDone>().outcome != Outcome::kTruncated);
}

TEST_CASE("keepalive is set on both sides when asked for, and on neither when not") {
  for (const bool wanted : {true, false}) {
    RelayUnderTest relay;
    const UniqueFd listener = LoopbackListener();
    ConnectionEnds client = TcpConnection();
    AskRedirect ask = RedirectTo(1, {Wire(LocalName(listener))});
    ask.keepalive = wanted ? 1 : 0;
    relay.Ask(ask, {client.far.get()});
    const UniqueFd backend = AcceptOne(listener);
    CHECK(Passes(backend, "x", client.near));
    int keepalive = 0, no_delay = 0;
    socklen_t length = sizeof keepalive;
    ::getsockopt(client.far.get(), SOL_SOCKET, SO_KEEPALIVE, &keepalive, &length);
    ::getsockopt(client.far.get(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &no_delay, &length);
    CHECK((keepalive != 0) == wanted);
    CHECK(no_delay != 0);
  }
}

}  // namespace
}  // namespace postern::daemon
