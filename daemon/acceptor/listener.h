// SPDX-License-Identifier: BSD-2-Clause
// The socket a service is reached at.
//
// Either bound here or inherited from whoever started the daemon (sd_listen_fds(3)). A listener
// never gives up its port while it lives: a service that cps has closed refuses connections, but
// nobody else can bind the port meanwhile.
#pragma once

#include <string>
#include <vector>

#include "policy/service/service_spec.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class Listener {
 public:
  static sandbox::sys::Result<Listener> Open(const policy::ServiceSpec& spec);
  static Listener Adopt(sandbox::sys::UniqueFd socket, const policy::ServiceSpec& spec);

  Listener() = default;
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();

  // Gives the socket of an adopted one back, as it was.
  sandbox::sys::UniqueFd Release() { return std::move(socket_); }

  const sandbox::sys::UniqueFd& socket() const { return socket_; }
  explicit operator bool() const { return static_cast<bool>(socket_); }

  // What depends on the service and not on the address: TCP_NODELAY, SO_KEEPALIVE, and for a socket
  // that is handed to a server whole, blocking mode.
  sandbox::sys::Status Configure(const policy::ServiceSpec& spec);

  // Stream sockets only: refuse clients with a reset, and accept them again. On a unix socket,
  // where that cannot be undone, neither does anything: its clients wait.
  sandbox::sys::Status Close();
  sandbox::sys::Status Reopen();

  // Lets another socket have the address for good, or takes it back when that one is gone. Who
  // waits to be accepted is lost in between, except on a unix socket. EOPNOTSUPP when it cannot be
  // undone.
  sandbox::sys::Status Yield();
  sandbox::sys::Status Reclaim();

  // Resets every client that waits in the queue, without accept(2): a server that has or had this
  // socket shares its O_NONBLOCK, and could make accept block for ever.
  sandbox::sys::Status RefuseWaiting();

 private:
  sandbox::sys::Status KeepPort(const sandbox::sys::SocketAddress& address);

  sandbox::sys::UniqueFd socket_;
  std::string unix_path_;  // to be removed with the listener
  // A unix socket that is shut down once cannot listen again (unix(7)).
  bool can_refuse_ = true;
  bool connected_ = true;  // no datagram socket
};

// Does the server get the listening socket itself? Then nothing is accepted here.
bool HandsOverListener(const policy::ServiceSpec& spec);

// Can one socket serve both? Then a reload keeps it, whatever else changed.
bool SameSocket(const policy::ServiceSpec& a, const policy::ServiceSpec& b);

// "127.0.0.1:25", "*:25", "/run/x.sock": for messages.
std::string DescribeAddress(const policy::ServiceSpec& spec);

}  // namespace postern::daemon
