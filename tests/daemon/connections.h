// SPDX-License-Identifier: BSD-2-Clause
// Clients and backends for the tests of the relay: ordinary blocking sockets with a time limit.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "daemon/protocol.h"
#include "daemon/relay/reflection.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

using sandbox::sys::UniqueFd;

// A test that waits longer has failed.
inline constexpr int kPatienceSeconds = 20;

inline void LimitWaiting(int fd) {
  const timeval limit{kPatienceSeconds, 0};
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
}

// The two ends of one connection: the test's, and the one that posternd would have accepted.
struct ConnectionEnds {
  UniqueFd near, far;
};

inline ConnectionEnds UnixConnection() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  LimitWaiting(ends[0]);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

inline sockaddr_in LocalName(const UniqueFd& fd) {
  sockaddr_in name{};
  socklen_t length = sizeof name;
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) == 0);
  return name;
}

inline UniqueFd BoundLoopback(int type) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  LimitWaiting(fd.get());
  return fd;
}

inline UniqueFd LoopbackListener() {
  UniqueFd fd = BoundLoopback(SOCK_STREAM);
  REQUIRE(::listen(fd.get(), 64) == 0);
  return fd;
}

inline UniqueFd AcceptOne(const UniqueFd& listener) {
  UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(fd);
  LimitWaiting(fd.get());
  return fd;
}

inline ConnectionEnds TcpConnection() {
  const UniqueFd listener = LoopbackListener();
  ConnectionEnds pair;
  pair.near = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in name = LocalName(listener);
  REQUIRE(::connect(pair.near.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
  LimitWaiting(pair.near.get());
  pair.far = AcceptOne(listener);
  return pair;
}

inline WireAddress Wire(const sockaddr_in& name) {
  WireAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::memcpy(&address.bytes[12], &name.sin_addr, 4);
  address.port = ntohs(name.sin_port);
  address.is_v4 = 1;
  return address;
}

// A client of a datagram service. Its port is none of those that the relay answers nothing to.
inline UniqueFd DatagramClient() {
  for (;;) {
    UniqueFd fd = BoundLoopback(SOCK_DGRAM);
    if (!MayReflect(Wire(LocalName(fd)))) return fd;
  }
}

// For threads, which must not use Catch's macros beside another that does. False: nobody takes it.
inline bool TryWrite(const UniqueFd& fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

inline void Write(const UniqueFd& fd, const std::string& bytes) { REQUIRE(TryWrite(fd, bytes)); }

inline void EndWriting(const UniqueFd& fd) { REQUIRE(::shutdown(fd.get(), SHUT_WR) == 0); }

// Exactly `count` bytes, or fewer when the other side ends before.
inline std::string ReadExactly(const UniqueFd& fd, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t n = ::recv(fd.get(), bytes.data() + have, count - have, 0);
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

// Whether what is said at one end comes out at the other, or `heard` in its place.
inline bool Passes(const UniqueFd& from, const std::string& said, const UniqueFd& to,
                   const std::string& heard) {
  Write(from, said);
  const std::string read = ReadExactly(to, heard.size());
  UNSCOPED_INFO("heard: " << read);
  return read == heard;
}
inline bool Passes(const UniqueFd& from, const std::string& said, const UniqueFd& to) {
  return Passes(from, said, to, said);
}

inline std::string ReadToEnd(const UniqueFd& fd) {
  std::string bytes;
  std::vector<char> piece(65536);
  for (;;) {
    const ssize_t n = ::recv(fd.get(), piece.data(), piece.size(), 0);
    REQUIRE(n >= 0);
    if (n == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(n));
  }
}

// Closes with a reset instead of an end of file (socket(7), SO_LINGER 0).
inline void Reset(UniqueFd& fd) {
  const linger now{1, 0};
  REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0);
  fd.Reset();
}

// Writes until nobody takes any more; returns what was taken.
inline std::string FillUp(const UniqueFd& fd) {
  const std::string block(65536, 'x');
  std::string taken;
  for (;;) {
    const ssize_t n = ::send(fd.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) taken.append(block, 0, static_cast<std::size_t>(n));
    // A relay that reads without end would never be full.
    REQUIRE(taken.size() < 256U << 20);
    pollfd writable{fd.get(), POLLOUT, 0};
    if (n < 0 && ::poll(&writable, 1, 300) == 0) return taken;
  }
}

// Bytes in which every position can be told from its neighbours.
inline std::string Pattern(std::size_t length, unsigned seed) {
  std::string bytes(length, '\0');
  unsigned state = seed;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace postern::daemon
