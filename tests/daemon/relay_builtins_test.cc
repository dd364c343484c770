// SPDX-License-Identifier: BSD-2-Clause
// The built-in services over streams, byte by byte, and what their clients may do to them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>

#include "daemon/relay/chargen_text.h"
#include "daemon/relay/clock_text.h"
#include "tests/daemon/relay_fixture.h"

namespace postern::daemon {
namespace {

using std::chrono::steady_clock;

TEST_CASE("echo returns every byte and ends after the client's end of file") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(1, WireBuiltin::kEcho, TcpConnection());
  const std::string sent = Pattern(3'000'000, 1);
  std::thread writer([&] {
    Write(client, sent);
    EndWriting(client);
  });
  const std::string back = ReadToEnd(client);
  writer.join();
  CHECK(back == sent);
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.header.session == 1);
  CHECK(done.outcome == Outcome::kFinished);
  CHECK(done.bytes_in == sent.size());
  CHECK(done.bytes_out == sent.size());
  CHECK(relay.Join() == Relay::State::kChannelClosed);
}

TEST_CASE("echo works on a unix stream socket too") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(1, WireBuiltin::kEcho, UnixConnection());
  CHECK(Passes(client, "hello", client));
}

TEST_CASE("a client that resets ends its session as gone") {
  RelayUnderTest relay;
  UniqueFd client = relay.Serve(7, WireBuiltin::kEcho, TcpConnection());
  CHECK(Passes(client, "x", client));
  Reset(client);
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.outcome == Outcome::kClientGone);
  CHECK(done.error == ECONNRESET);
}

TEST_CASE("discard takes everything and says nothing") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(2, WireBuiltin::kDiscard, TcpConnection());
  Write(client, Pattern(1'000'000, 2));
  EndWriting(client);
  CHECK(ReadToEnd(client).empty());
  const auto done = relay.Next<AnswerDone>();
  CHECK(done.bytes_in == 1'000'000);
  CHECK(done.bytes_out == 0);
}

TEST_CASE("daytime says the local time once and closes, even to a client that talks") {
  RelayUnderTest relay;
  ConnectionEnds client = TcpConnection();
  Write(client.near, "what time is it?\r\n");
  const std::time_t before = std::time(nullptr);
  relay.Serve(3, WireBuiltin::kDaytime, std::move(client.far));
  const std::string text = ReadToEnd(client.near);
  CHECK((text == DaytimeText(before) || text == DaytimeText(std::time(nullptr))));
  CHECK(relay.Next<AnswerDone>().bytes_out == text.size());
}

TEST_CASE("time says four bytes and closes") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(4, WireBuiltin::kTime, TcpConnection());
  const std::string bytes = ReadToEnd(client);
  REQUIRE(bytes.size() == 4);
  std::uint32_t seconds = 0;
  for (const char byte : bytes) seconds = seconds << 8 | static_cast<unsigned char>(byte);
  const auto now = static_cast<std::uint32_t>(std::time(nullptr) + 2'208'988'800);
  CHECK(now - seconds <= 2);
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kFinished);
}

TEST_CASE("chargen runs through its cycle again and again, whatever the client says") {
  RelayUnderTest relay;
  UniqueFd client = relay.Serve(5, WireBuiltin::kChargen, TcpConnection());
  Write(client, Pattern(100'000, 3));
  const std::string cycle(ChargenCycle());
  const std::string text = ReadExactly(client, 5 * cycle.size());
  std::string expected;
  for (int i = 0; i < 5; ++i) expected += cycle;
  CHECK(text == expected);
  client.Reset();
  CHECK(relay.Next<AnswerDone>().outcome == Outcome::kClientGone);
}

TEST_CASE("chargen goes on after the client's end of file") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(5, WireBuiltin::kChargen, TcpConnection());
  EndWriting(client);
  CHECK(ReadExactly(client, 1'000'000).size() == 1'000'000);
}

TEST_CASE("chargen to a client that ended and does not read costs no processor time") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(5, WireBuiltin::kChargen, TcpConnection());
  EndWriting(client);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(ProcessorTimeWhileIdle() < std::chrono::milliseconds(100));
}

TEST_CASE("clients that never read, never write or flood do not delay another") {
  RelayUnderTest relay;
  ConnectionEnds silent = TcpConnection(), deaf = TcpConnection(), flood = TcpConnection();
  ConnectionEnds echo = TcpConnection();
  relay.Serve(1, WireBuiltin::kEcho, std::move(silent.far));
  relay.Serve(2, WireBuiltin::kChargen, std::move(deaf.far));
  relay.Serve(3, WireBuiltin::kDiscard, std::move(flood.far));
  relay.Serve(4, WireBuiltin::kEcho, std::move(echo.far));
  std::atomic<bool> stop = false;
  std::thread flooder([&] {
    const std::string block(65536, 'f');
    while (!stop) Write(flood.near, block);
  });
  auto slowest = steady_clock::duration::zero();
  for (int i = 0; i < 200; ++i) {
    const auto before = steady_clock::now();
    Write(echo.near, "ping");
    REQUIRE(ReadExactly(echo.near, 4) == "ping");
    slowest = std::max(slowest, steady_clock::now() - before);
  }
  stop = true;
  flooder.join();
  // Far above what one burst costs, far below what waiting for a client would.
  CHECK(slowest < std::chrono::milliseconds(500));
}

TEST_CASE("an echo client that writes without reading is held back, and loses nothing") {
  RelayUnderTest relay;
  const UniqueFd client = relay.Serve(1, WireBuiltin::kEcho, TcpConnection());
  const std::string sent = FillUp(client);
  EndWriting(client);
  CHECK(ReadToEnd(client) == sent);
}

TEST_CASE("a thousand echo clients at once are all served") {
  RelayUnderTest relay;
  std::vector<UniqueFd> clients;
  for (SessionId id = 1; id <= 1000; ++id) {
    clients.push_back(relay.Serve(id, WireBuiltin::kEcho, UnixConnection()));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) Write(clients[i], Pattern(100, unsigned(i)));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    REQUIRE(ReadExactly(clients[i], 100) == Pattern(100, unsigned(i)));
  }
  for (UniqueFd& client : clients) client.Reset();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    REQUIRE(relay.Next<AnswerDone>().bytes_out == 100);
  }
}

}  // namespace
}  // namespace postern::daemon
