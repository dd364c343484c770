// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace postern::sandbox::sys {
namespace {

static_assert(SocketAddress::kCapacity == sizeof(sockaddr_storage));

const sockaddr* AsSockaddr(const SocketAddress& address) {
  return static_cast<const sockaddr*>(address.data());
}

sa_family_t FamilyOf(const SocketAddress& address) {
  sa_family_t family = AF_UNSPEC;
  if (address.length() >= sizeof family) std::memcpy(&family, address.data(), sizeof family);
  return family;
}

template <typename T>
SocketAddress Store(const T& specific) {
  SocketAddress address;
  std::memcpy(address.data(), &specific, sizeof specific);
  address.set_length(sizeof specific);
  return address;
}

template <typename T>
T Load(const SocketAddress& address) {
  T specific{};
  std::memcpy(&specific, address.data(), sizeof specific);
  return specific;
}

Status SetOption(const UniqueFd& socket, int level, int option, int value, const char* name) {
  if (::setsockopt(socket.get(), level, option, &value, sizeof value) != 0) {
    return LastError("setsockopt", name);
  }
  return {};
}

Result<SocketAddress> AskName(const UniqueFd& socket, const char* call,
                              int (*ask)(int, sockaddr*, socklen_t*)) {
  SocketAddress address;
  socklen_t length = SocketAddress::kCapacity;
  if (ask(socket.get(), static_cast<sockaddr*>(address.data()), &length) != 0) {
    return LastError(call);
  }
  address.set_length(length);
  return address;
}

}  // namespace

SocketAddress SocketAddress::Inet(const std::array<std::uint8_t, 16>& bytes, std::uint16_t port,
                                  bool as_v4) {
  if (as_v4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, &bytes[12], 4);
    return Store(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, bytes.data(), 16);
  return Store(v6);
}

SocketAddress SocketAddress::AnyV4(std::uint16_t port) { return Inet({}, port, true); }
SocketAddress SocketAddress::AnyV6(std::uint16_t port) { return Inet({}, port, false); }

Result<SocketAddress> SocketAddress::Unix(const std::string& path) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof local.sun_path) {
    return std::unexpected(Error{"bind", ENAMETOOLONG, path});
  }
  std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
  return Store(local);
}

bool SocketAddress::is_v4() const { return FamilyOf(*this) == AF_INET; }
bool SocketAddress::is_inet() const { return is_v4() || FamilyOf(*this) == AF_INET6; }
bool SocketAddress::is_unix() const { return FamilyOf(*this) == AF_UNIX; }

std::array<std::uint8_t, 16> SocketAddress::address_bytes() const {
  std::array<std::uint8_t, 16> bytes{};
  if (is_v4()) {
    const auto v4 = Load<sockaddr_in>(*this);
    bytes[10] = bytes[11] = 0xff;
    std::memcpy(&bytes[12], &v4.sin_addr, 4);
  } else {
    const auto v6 = Load<sockaddr_in6>(*this);
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
  }
  return bytes;
}

std::uint16_t SocketAddress::port() const {
  return ntohs(is_v4() ? Load<sockaddr_in>(*this).sin_port : Load<sockaddr_in6>(*this).sin6_port);
}

SocketAddress SocketAddress::WithPort(std::uint16_t port) const {
  SocketAddress other = *this;
  // Copied whole, so that a link-local address keeps its zone.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  const in_port_t network_order = htons(port);
  std::memcpy(&other.storage_[offsetof(sockaddr_in, sin_port)], &network_order,
              sizeof network_order);
  return other;
}

std::string SocketAddress::unix_path() const {
  // The kernel reports the length with or without the final NUL (unix(7)).
  const auto local = Load<sockaddr_un>(*this);
  return std::string(local.sun_path, ::strnlen(local.sun_path, sizeof local.sun_path));
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.length_ == b.length_ &&
         std::equal(a.storage_.begin(), a.storage_.begin() + static_cast<long>(a.length_),
                    b.storage_.begin());
}

Result<UniqueFd> MakeSocket(SocketDomain domain, SocketKind kind, int protocol) {
  static constexpr int kDomains[] = {AF_INET, AF_INET6, AF_UNIX};
  static constexpr int kTypes[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW};
  UniqueFd fd(::socket(kDomains[static_cast<int>(domain)],
                       kTypes[static_cast<int>(kind)] | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) return LastError("socket");
  return fd;
}

Result<StreamPair> MakeStreamPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return LastError("socketpair");
  }
  StreamPair pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
  IgnoreError(RefuseDescriptors(pair.ours), "the kernel is older");
  return pair;
}

Status RefuseDescriptors(const UniqueFd& socket) {
  constexpr int kPassRights = 83;  // SO_PASSRIGHTS; Debian 12's headers do not have it
  return SetOption(socket, SOL_SOCKET, kPassRights, false, "SO_PASSRIGHTS");
}
Status SetReuseAddress(const UniqueFd& socket, bool on) {
  return SetOption(socket, SOL_SOCKET, SO_REUSEADDR, on, "SO_REUSEADDR");
}
Status SetV6Only(const UniqueFd& socket, bool on) {
  return SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, on, "IPV6_V6ONLY");
}
Status SetKeepalive(const UniqueFd& socket, bool on) {
  return SetOption(socket, SOL_SOCKET, SO_KEEPALIVE, on, "SO_KEEPALIVE");
}
Status SetLinger(const UniqueFd& socket, int seconds) {
  const linger value{seconds != 0, seconds};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &value, sizeof value) != 0) {
    return LastError("setsockopt", "SO_LINGER");
  }
  return {};
}
Status SetNoDelay(const UniqueFd& socket, bool on) {
  return SetOption(socket, IPPROTO_TCP, TCP_NODELAY, on, "TCP_NODELAY");
}
Status TurnIntoIpv4(const UniqueFd& socket) {
  return SetOption(socket, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET, "IPV6_ADDRFORM");
}
Status SetReceiveTimestamps(const UniqueFd& socket) {
  return SetOption(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
}

Status SetBufferSizes(const UniqueFd& socket, std::optional<int> send, std::optional<int> receive) {
  if (send) TRY_STATUS(SetOption(socket, SOL_SOCKET, SO_SNDBUF, *send, "SO_SNDBUF"));
  if (receive) TRY_STATUS(SetOption(socket, SOL_SOCKET, SO_RCVBUF, *receive, "SO_RCVBUF"));
  return {};
}

Status SetNonblocking(const UniqueFd& fd, bool on) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0) return LastError("fcntl", "F_GETFL");
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted != flags && ::fcntl(fd.get(), F_SETFL, wanted) != 0) {
    return LastError("fcntl", "F_SETFL");
  }
  return {};
}

Status Bind(const UniqueFd& socket, const SocketAddress& address) {
  if (::bind(socket.get(), AsSockaddr(address), static_cast<socklen_t>(address.length())) != 0) {
    return LastError("bind");
  }
  return {};
}

namespace {

// By descriptor, and the owner last: whoever may write in the directory could otherwise put a link
// in the socket's place and have us change a file of root's.
Status GiveUnixSocket(const std::string& path, std::uint32_t uid, std::uint32_t gid,
                      std::uint32_t mode) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return LastError("open", path);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return LastError("fstat", path);
  if (!S_ISSOCK(status.st_mode) || status.st_uid != ::geteuid()) {
    return std::unexpected(Error{"bind", EEXIST, path});
  }
  // fchmod(2) refuses an O_PATH descriptor; its name in /proc does not.
  const std::string name = "/proc/self/fd/" + std::to_string(fd.get());
  if (::chmod(name.c_str(), mode) != 0) return LastError("chmod", path);
  if (::fchownat(fd.get(), "", uid, gid, AT_EMPTY_PATH) != 0) return LastError("fchownat", path);
  return {};
}

}  // namespace

Status BindUnix(const UniqueFd& socket, const SocketAddress& address, const std::string& path,
                std::uint32_t uid, std::uint32_t gid, std::uint32_t mode) {
  // The socket's mode at birth is 0777 less the umask (unix(7)): none at all, then opened up.
  const mode_t umask = ::umask(0777);
  auto bound = Bind(socket, address);
  ::umask(umask);
  if (!bound) {
    bound.error().object = path;
    return bound;
  }
  return GiveUnixSocket(path, uid, gid, mode);
}

Status Listen(const UniqueFd& socket, int backlog) {
  if (::listen(socket.get(), backlog) != 0) return LastError("listen");
  return {};
}

Status StopListening(const UniqueFd& socket) { return ShutdownRead(socket); }

Status Connect(const UniqueFd& socket, const SocketAddress& address) {
  const int result =
      ::connect(socket.get(), AsSockaddr(address), static_cast<socklen_t>(address.length()));
  if (result != 0 && errno != EINPROGRESS) return LastError("connect");
  return {};
}

Result<Accepted> Accept(const UniqueFd& listener, bool nonblocking) {
  Accepted accepted;
  socklen_t length = SocketAddress::kCapacity;
  accepted.socket = UniqueFd(::accept4(listener.get(), static_cast<sockaddr*>(accepted.peer.data()),
                                       &length, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0)));
  if (!accepted.socket) return LastError("accept");
  accepted.peer.set_length(length);
  return accepted;
}

Result<QueuedDatagram> PeekDatagram(const UniqueFd& socket) {
  QueuedDatagram datagram;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
  msghdr message{};
  message.msg_name = datagram.sender.data();
  message.msg_namelen = SocketAddress::kCapacity;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = ::recvmsg(socket.get(), &message, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
  if (n < 0) return LastError("recvmsg");
  datagram.sender.set_length(message.msg_namelen);
  datagram.length = static_cast<std::size_t>(n);
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(item), sizeof time);
    datagram.timestamp_ns = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
                            static_cast<std::uint64_t>(time.tv_nsec);
  }
  return datagram;
}

void PeekFromTheStart(const UniqueFd& socket) {
  // Refused by sockets that have no such offset.
  IgnoreError(SetOption(socket, SOL_SOCKET, SO_PEEK_OFF, -1, "SO_PEEK_OFF"),
              "then peeks are whole");
}

Status DropDatagram(const UniqueFd& socket) {
  msghdr message{};
  if (::recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_TRUNC) < 0) return LastError("recvmsg");
  return {};
}

Result<SocketDescription> Describe(const UniqueFd& socket) {
  int type = 0;
  socklen_t length = sizeof type;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &length) != 0) {
    return LastError("getsockopt", "SO_TYPE");
  }
  SocketDescription description;
  switch (type) {
    case SOCK_STREAM:
      description.kind = SocketKind::kStream;
      break;
    case SOCK_DGRAM:
      description.kind = SocketKind::kDgram;
      break;
    case SOCK_SEQPACKET:
      description.kind = SocketKind::kSeqpacket;
      break;
    default:
      description.kind = SocketKind::kRaw;
      break;
  }
  TRY(description.local, LocalAddress(socket));
  int v6_only = 0;
  length = sizeof v6_only;
  description.v6_only =
      ::getsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &length) == 0 && v6_only != 0;
  description.listening = IsListening(socket);
  return description;
}

Result<SocketAddress> LocalAddress(const UniqueFd& socket) {
  return AskName(socket, "getsockname", &::getsockname);
}

Result<SocketAddress> PeerAddress(const UniqueFd& socket) {
  return AskName(socket, "getpeername", &::getpeername);
}

Result<int> PendingError(const UniqueFd& socket) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
    return LastError("getsockopt", "SO_ERROR");
  }
  return error;
}

Status ShutdownRead(const UniqueFd& socket) {
  if (::shutdown(socket.get(), SHUT_RD) != 0) return LastError("shutdown");
  return {};
}

Status ShutdownWrite(const UniqueFd& socket) {
  if (::shutdown(socket.get(), SHUT_WR) != 0) return LastError("shutdown");
  return {};
}

bool IsListening(const UniqueFd& socket) {
  int listening = 0;
  socklen_t length = sizeof listening;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
         listening != 0;
}

Result<std::size_t> SendSome(const UniqueFd& socket, std::span<const std::byte> bytes, bool more) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  for (;;) {
    const ssize_t n = ::send(socket.get(), bytes.data(), bytes.size(), flags);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return LastError("send");
  }
}

}  // namespace postern::sandbox::sys
