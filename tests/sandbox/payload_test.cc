// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/payload.h"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "sandbox/sys/process.h"

namespace postern::sandbox::sys {
namespace {

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

struct Pair {
  UniqueFd near, far;
  explicit Pair(int type) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    near = UniqueFd(ends[0]);
    far = UniqueFd(ends[1]);
  }
};

TEST_CASE("Receiving never blocks, and tells the end from nothing yet") {
  Pair pair(SOCK_STREAM);
  std::array<std::byte, 8> buffer{};
  CHECK(ReceiveSome(pair.near, buffer).error().number == EAGAIN);
  CHECK(PeekSome(pair.near, buffer).error().number == EAGAIN);
  REQUIRE(SendSome(pair.far, Bytes("hello, world")));
  CHECK(ReceiveSome(pair.near, buffer).value() == 8);
  CHECK(std::memcmp(buffer.data(), "hello, w", 8) == 0);
  pair.far.Reset();
  CHECK(ReceiveSome(pair.near, buffer).value() == 4);
  CHECK(ReceiveSome(pair.near, buffer).value() == 0);
}

TEST_CASE("Peeked bytes are still there") {
  const Pair pair(SOCK_STREAM);
  std::array<std::byte, 3> buffer{};
  REQUIRE(SendSome(pair.far, Bytes("abcdef")));
  CHECK(PeekSome(pair.near, buffer).value() == 3);
  CHECK(PeekSome(pair.near, buffer).value() == 3);
  CHECK(ReceiveSome(pair.near, buffer).value() == 3);
  CHECK(std::memcmp(buffer.data(), "abc", 3) == 0);
}

TEST_CASE("A datagram longer than the buffer tells its real length") {
  const auto server = MakeSocket(SocketDomain::kInet4, SocketKind::kDgram, 0);
  const auto client = MakeSocket(SocketDomain::kInet4, SocketKind::kDgram, 0);
  const std::array<std::uint8_t, 16> loopback = {0, 0, 0,    0,    0,   0, 0, 0,
                                                 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  for (const auto* socket : {&*server, &*client}) {
    REQUIRE(Bind(*socket, SocketAddress::Inet(loopback, 0, true)));
  }
  const SocketAddress to = LocalAddress(*server).value();
  std::array<std::byte, 4> buffer{};
  CHECK(ReceiveDatagram(*server, buffer).error().number == EAGAIN);
  REQUIRE(SendDatagram(*client, to, Bytes("longer")));
  REQUIRE(SendDatagram(*client, to, Bytes("next")));
  CHECK(PeekDatagramPayload(*server, buffer).value().length == 6);
  const auto first = ReceiveDatagram(*server, buffer);
  REQUIRE(first);
  CHECK(first->length == 6);
  CHECK(first->sender == LocalAddress(*client).value());
  CHECK(std::memcmp(buffer.data(), "long", 4) == 0);
  CHECK(ReceiveDatagram(*server, buffer).value().length == 4);
  CHECK(std::memcmp(buffer.data(), "next", 4) == 0);
}

TEST_CASE("Bytes are spliced from a socket through a pipe without blocking") {
  Pair pair(SOCK_STREAM);
  const auto pipe = MakePipe(/*nonblocking=*/true);
  REQUIRE(SetNonblocking(pair.near, true));
  CHECK(Splice(pair.near, pipe->write_end, 100).error().number == EAGAIN);
  REQUIRE(SendSome(pair.far, Bytes("0123456789")));
  CHECK(Splice(pair.near, pipe->write_end, 4).value() == 4);
  CHECK(Splice(pair.near, pipe->write_end, 100).value() == 6);
  CHECK(Splice(pipe->read_end, pair.near, 100).value() == 10);
  std::array<std::byte, 16> buffer{};
  CHECK(ReceiveSome(pair.far, buffer).value() == 10);
  pair.far.Reset();
  CHECK(Splice(pair.near, pipe->write_end, 100).value() == 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
