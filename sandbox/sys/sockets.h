// SPDX-License-Identifier: BSD-2-Clause
// Sockets: making, binding, accepting, and asking who is at the other end.
//
// None of these reads a byte that a peer sent; the calls that do are in payload.h, which the
// privileged process may not include. A datagram's sender is learnt, and a refused datagram
// dropped, with a buffer of length zero (recvmsg(2), MSG_PEEK).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

struct sockaddr_storage;

namespace postern::sandbox::sys {

// A socket address of any family, by value. IPv4 addresses are reported as IPv4-mapped bytes.
class SocketAddress {
 public:
  SocketAddress() = default;
  // `bytes` is IPv6 or IPv4-mapped; `as_v4` makes a sockaddr_in of a mapped address.
  static SocketAddress Inet(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port,
                            bool as_v4);
  static SocketAddress AnyV4(std::uint16_t port);
  static SocketAddress AnyV6(std::uint16_t port);
  static Result<SocketAddress> Unix(const std::string& path);

  bool is_inet() const;  // IPv4 or IPv6
  bool is_v4() const;    // a sockaddr_in
  bool is_unix() const;
  bool known() const { return length_ != 0; }
  std::array<std::uint8_t, 16> address_bytes() const;  // only when is_inet()
  std::uint16_t port() const;                          // only when is_inet()
  SocketAddress WithPort(std::uint16_t port) const;    // only when is_inet()

  const void* data() const { return storage_.data(); }
  void* data() { return storage_.data(); }
  std::size_t length() const { return length_; }
  void set_length(std::size_t length) { length_ = length; }
  static constexpr std::size_t kCapacity = 128;  // sizeof(sockaddr_storage)

  std::string unix_path() const;  // only when is_unix(); empty for an unnamed socket

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);

 private:
  alignas(8) std::array<std::byte, kCapacity> storage_{};
  std::size_t length_ = 0;
};

enum class SocketKind : std::uint8_t { kStream, kDgram, kSeqpacket, kRaw };
enum class SocketDomain : std::uint8_t { kInet4, kInet6, kUnix };

// Nonblocking and close-on-exec.
Result<UniqueFd> MakeSocket(SocketDomain domain, SocketKind kind, int protocol);
// A connected pair of unix stream sockets, blocking and close-on-exec. Ours refuses descriptors
// where the kernel can.
struct StreamPair {
  UniqueFd ours, theirs;
};
Result<StreamPair> MakeStreamPair();
// Of a unix socket: sendmsg(2) to it with SCM_RIGHTS fails with EPERM (Linux 6.16; ENOPROTOOPT
// before). What nobody receives is closed by whoever reads the bytes beside it, and to close a
// socket that has SO_LINGER may take as long as its sender likes.
Status RefuseDescriptors(const UniqueFd& socket);
Status SetReuseAddress(const UniqueFd& socket, bool on);
Status SetV6Only(const UniqueFd& socket, bool on);
Status SetKeepalive(const UniqueFd& socket, bool on);
Status SetLinger(const UniqueFd& socket, int seconds);  // 0: off
Status SetNoDelay(const UniqueFd& socket, bool on);
// An IPv6 TCP socket whose peer is IPv4-mapped becomes an IPv4 one (ipv6(7), IPV6_ADDRFORM).
Status TurnIntoIpv4(const UniqueFd& socket);
Status SetBufferSizes(const UniqueFd& socket, std::optional<int> send, std::optional<int> receive);
Status SetReceiveTimestamps(const UniqueFd& socket);  // SO_TIMESTAMPNS, for PeekDatagram
Status SetNonblocking(const UniqueFd& fd, bool on);
Status Bind(const UniqueFd& socket, const SocketAddress& address);
// Binds to a path that does not exist yet; nobody can connect before owner and mode are set.
Status BindUnix(const UniqueFd& socket, const SocketAddress& address, const std::string& path,
                std::uint32_t uid, std::uint32_t gid, std::uint32_t mode);
Status Listen(const UniqueFd& socket, int backlog);
// A bound listener refuses connections again, keeping its port (shutdown(2) on a listener);
// Listen() revives it.
Status StopListening(const UniqueFd& socket);
Status Connect(const UniqueFd& socket, const SocketAddress& address);  // EINPROGRESS is success

struct Accepted {
  UniqueFd socket;  // close-on-exec; nonblocking as `nonblocking` asked
  SocketAddress peer;
};
Result<Accepted> Accept(const UniqueFd& listener, bool nonblocking);

// The first queued datagram, left where it is: who sent it, and marks that tell it from the next.
struct QueuedDatagram {
  SocketAddress sender;
  std::uint64_t timestamp_ns = 0;
  std::size_t length = 0;
  friend bool operator==(const QueuedDatagram&, const QueuedDatagram&) = default;
};
Result<QueuedDatagram> PeekDatagram(const UniqueFd& socket);  // EAGAIN: nothing queued
Status DropDatagram(const UniqueFd& socket);                  // consumes the first, unread
// SO_PEEK_OFF, which belongs to the socket and not to who set it: without this a peek may find
// nothing where something is queued.
void PeekFromTheStart(const UniqueFd& socket);

struct SocketDescription {
  SocketKind kind = SocketKind::kStream;
  SocketAddress local;
  bool v6_only = false;
  bool listening = false;
};
Result<SocketDescription> Describe(const UniqueFd& socket);  // ENOTSOCK for anything else
Result<SocketAddress> LocalAddress(const UniqueFd& socket);
Result<SocketAddress> PeerAddress(const UniqueFd& socket);
Result<int> PendingError(const UniqueFd& socket);  // SO_ERROR
// Of a unix socket: what has come can still be read, and then it ends.
Status ShutdownRead(const UniqueFd& socket);
Status ShutdownWrite(const UniqueFd& socket);
bool IsListening(const UniqueFd& socket);  // SO_ACCEPTCONN

// Sends what fits without blocking and without SIGPIPE; returns how much went. `more`: what follows
// at once is for the same segment (send(2), MSG_MORE).
Result<std::size_t> SendSome(const UniqueFd& socket, std::span<const std::byte> bytes,
                             bool more = false);

}  // namespace postern::sandbox::sys
