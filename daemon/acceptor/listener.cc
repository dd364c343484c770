// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/listener.h"

#include "daemon/acceptor/endpoint.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::Family;
using policy::ServiceSpec;
using policy::SocketType;

namespace {

// As much as the kernel allows (net.core.somaxconn caps it): a burst shorter than one turn of the
// event loop must not be refused by the kernel.
constexpr int kBacklog = 4096;

// Where a unix socket waits until its successor is sure to come.
constexpr char kAside[] = ".leaving";

bool IsConnectionOriented(SocketType type) {
  return type == SocketType::kStream || type == SocketType::kSeqpacket;
}

bool IsTcp(const ServiceSpec& spec) {
  return spec.socket_type == SocketType::kStream && spec.listen.family != Family::kUnix;
}

sys::SocketAddress BindAddress(const policy::ListenAddress& listen, bool v4) {
  if (listen.address) return sys::SocketAddress::Inet(listen.address->bytes(), listen.port, v4);
  return v4 ? sys::SocketAddress::AnyV4(listen.port) : sys::SocketAddress::AnyV6(listen.port);
}

sys::Result<sys::UniqueFd> OpenInet(const ServiceSpec& spec, bool v4) {
  TRY(sys::UniqueFd socket,
      sys::MakeSocket(v4 ? sys::SocketDomain::kInet4 : sys::SocketDomain::kInet6,
                      SocketKindOf(spec.socket_type), spec.listen.protocol));
  TRY_STATUS(sys::SetReuseAddress(socket, true));
  // Said either way: the default is a sysctl (net.ipv6.bindv6only).
  if (!v4) TRY_STATUS(sys::SetV6Only(socket, spec.listen.family == Family::kIpv6Only));
  TRY_STATUS(sys::SetBufferSizes(socket, spec.listen.send_buffer, spec.listen.receive_buffer));
  TRY_STATUS(sys::Bind(socket, BindAddress(spec.listen, v4)));
  return socket;
}

// Removes a socket that a dead server left behind; anything else at that path is not ours to
// remove.
sys::Status RemoveStaleSocket(const std::string& path, const sys::SocketAddress& address) {
  // A connect(2) to a file that is no socket is refused as well.
  const auto kind = sys::Inspect(path);
  if (!kind || !kind->socket) return {};
  TRY(const sys::UniqueFd probe,
      sys::MakeSocket(sys::SocketDomain::kUnix, sys::SocketKind::kStream, 0));
  const auto connected = sys::Connect(probe, address);
  if (!connected && connected.error().number == ECONNREFUSED) return sys::Remove(path);
  return {};
}

sys::Result<sys::UniqueFd> OpenUnix(const ServiceSpec& spec) {
  TRY(const sys::SocketAddress address, sys::SocketAddress::Unix(spec.listen.unix_path));
  TRY_STATUS(RemoveStaleSocket(spec.listen.unix_path, address));
  TRY(sys::UniqueFd socket,
      sys::MakeSocket(sys::SocketDomain::kUnix, SocketKindOf(spec.socket_type), 0));
  TRY_STATUS(sys::BindUnix(socket, address, spec.listen.unix_path, spec.listen.unix_owner,
                           spec.listen.unix_group, spec.listen.unix_mode));
  return socket;
}

sys::Result<sys::UniqueFd> OpenSocket(const ServiceSpec& spec) {
  switch (spec.listen.family) {
    case Family::kUnix:
      return OpenUnix(spec);
    case Family::kIpv4:
      return OpenInet(spec, true);
    case Family::kIpv6:
    case Family::kIpv6Only:
      return OpenInet(spec, false);
    case Family::kDual:
      break;
  }
  if (spec.listen.address && spec.listen.address->is_v4()) return OpenInet(spec, true);
  auto socket = OpenInet(spec, false);
  const bool without_ipv6 =
      !socket && (socket.error().number == EAFNOSUPPORT || socket.error().number == EADDRNOTAVAIL);
  if (without_ipv6 && !spec.listen.address) return OpenInet(spec, true);
  return socket;
}

}  // namespace

sys::Result<Listener> Listener::Open(const ServiceSpec& spec) {
  auto socket = OpenSocket(spec);
  if (!socket) {
    if (socket.error().object.empty()) socket.error().object = DescribeAddress(spec);
    return std::unexpected(socket.error());
  }
  Listener listener;
  listener.socket_ = std::move(*socket);
  listener.unix_path_ = spec.listen.unix_path;
  listener.connected_ = IsConnectionOriented(spec.socket_type);
  listener.can_refuse_ = spec.listen.family != Family::kUnix;
  TRY_STATUS(listener.Configure(spec));
  if (IsConnectionOriented(spec.socket_type)) TRY_STATUS(sys::Listen(listener.socket_, kBacklog));
  return listener;
}

Listener Listener::Adopt(sys::UniqueFd socket, const ServiceSpec& spec) {
  Listener listener;
  listener.socket_ = std::move(socket);
  listener.connected_ = IsConnectionOriented(spec.socket_type);
  listener.can_refuse_ = spec.listen.family != Family::kUnix;
  if (listener.can_refuse_) {
    // Inherited by the connections accepted from here on; see KeepPort.
    sys::IgnoreError(sys::SetReuseAddress(listener.socket_, true), "only a closing needs it");
  }
  return listener;
}

Listener& Listener::operator=(Listener&& other) noexcept {
  // What was ours goes with `other`.
  std::swap(socket_, other.socket_);
  std::swap(unix_path_, other.unix_path_);
  std::swap(can_refuse_, other.can_refuse_);
  std::swap(connected_, other.connected_);
  return *this;
}

Listener::~Listener() {
  if (socket_ && !unix_path_.empty()) {
    sys::IgnoreError(sys::Remove(unix_path_), "a path that is gone needs no removing");
  }
}

sys::Status Listener::Configure(const ServiceSpec& spec) {
  if (IsTcp(spec)) {
    TRY_STATUS(sys::SetNoDelay(socket_, spec.nodelay));
    TRY_STATUS(sys::SetKeepalive(socket_, spec.keepalive));
  }
  // Tells one queued datagram from the next without reading it.
  if (spec.socket_type == SocketType::kDgram) TRY_STATUS(sys::SetReceiveTimestamps(socket_));
  // A server that gets the listening socket itself expects to block in accept(2), as under xinetd.
  return sys::SetNonblocking(socket_, !HandsOverListener(spec));
}

sys::Status Listener::RefuseWaiting() {
  TRY_STATUS(Close());
  return Reopen();
}

sys::Status Listener::Close() {
  if (!can_refuse_) return {};
  TRY(const sys::SocketAddress address, sys::LocalAddress(socket_));
  // A bound socket that does not listen could be bound over by anybody who sets SO_REUSEADDR too.
  TRY_STATUS(sys::SetReuseAddress(socket_, false));
  TRY_STATUS(sys::StopListening(socket_));
  return KeepPort(address);
}

// A port that was not asked for, but chosen by the kernel, goes with the listening, although
// getsockname(2) still tells it: it is asked for.
sys::Status Listener::KeepPort(const sys::SocketAddress& address) {
  const auto bound = sys::Bind(socket_, address);
  // EINVAL: the socket has a port.
  if (bound || bound.error().number == EINVAL) return {};
  // Connections that were accepted at it are no obstacle among sockets that all reuse it. Having
  // listened makes the kernel look at each of them again, for the next who wants the port.
  TRY_STATUS(sys::SetReuseAddress(socket_, true));
  TRY_STATUS(sys::Bind(socket_, address));
  TRY_STATUS(sys::Listen(socket_, 0));
  TRY_STATUS(sys::SetReuseAddress(socket_, false));
  return sys::StopListening(socket_);
}

sys::Status Listener::Reopen() {
  if (!can_refuse_) return {};
  TRY_STATUS(sys::SetReuseAddress(socket_, true));
  return sys::Listen(socket_, kBacklog);
}

// Sockets that reuse an address can share it as long as none listens, and datagram sockets always.
sys::Status Listener::Yield() {
  if (can_refuse_) {
    TRY_STATUS(sys::SetReuseAddress(socket_, true));
    if (connected_) sys::IgnoreError(sys::StopListening(socket_), "cps may have closed it already");
    return {};
  }
  // Another's file is not ours to move.
  if (unix_path_.empty()) return std::unexpected(sys::Error{"rename", EOPNOTSUPP, {}});
  const std::string aside = unix_path_ + kAside;
  // A socket there is one that a daemon left when it was killed; a file would be somebody's.
  const auto kind = sys::Inspect(aside);
  if (kind && !kind->socket) return std::unexpected(sys::Error{"rename", EEXIST, aside});
  TRY_STATUS(sys::Rename(unix_path_, aside));
  unix_path_ = aside;
  return {};
}

sys::Status Listener::Reclaim() {
  if (can_refuse_) return connected_ ? Reopen() : sys::Status{};
  const std::string aside = unix_path_;
  unix_path_.resize(unix_path_.size() - (sizeof kAside - 1));
  return sys::Rename(aside, unix_path_);
}

bool HandsOverListener(const ServiceSpec& spec) {
  return spec.wait && spec.kind == policy::ServiceKind::kProgram;
}

bool SameSocket(const ServiceSpec& a, const ServiceSpec& b) {
  return a.socket_type == b.socket_type && a.listen == b.listen;
}

std::string DescribeAddress(const ServiceSpec& spec) {
  if (spec.listen.family == Family::kUnix) return spec.listen.unix_path;
  std::string host = "*";
  if (spec.listen.address) {
    host = spec.listen.address->ToString();
    if (!spec.listen.address->is_v4()) host = "[" + host + "]";
  }
  return host + ":" + std::to_string(spec.listen.port);
}

}  // namespace postern::daemon
