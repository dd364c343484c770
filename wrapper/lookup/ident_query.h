// SPDX-License-Identifier: BSD-2-Clause
// One question to an ident server, step by step, for whoever waits for many at once.
//
// Source: RFC 1413. The server finds the connection by both of its ends, so it is asked from the
// address that the client called. Whoever answers at the client's machine is believed about that
// machine's users and nothing else. No step waits; at most policy::hosts::kMaxIdentReply bytes are
// read. A deadline is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/hosts/ident_reply.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::wrapper {

inline constexpr std::uint16_t kIdentPort = 113;

enum class IdentEnd : std::uint8_t {
  kUser,      // it named one
  kNoServer,  // nobody listens there, or the way there is barred
  kSystem,    // no socket, or none of that address
  kLost,      // it hung up in the middle
  kBadReply,  // an error, other ports, or no reply at all
  kTimeout,   // by the caller
};

class IdentQuery {
 public:
  // `port` is the server's; tests have one of their own.
  IdentQuery(const sandbox::sys::SocketAddress& client, const sandbox::sys::SocketAddress& server,
             std::uint16_t port = kIdentPort);

  // Until it is over: the socket, and what to watch it for (sys::kReadable or sys::kWritable).
  const sandbox::sys::UniqueFd& socket() const { return socket_; }
  std::uint32_t interest() const;
  void OnReady();

  bool over() const { return end_.has_value(); }
  IdentEnd end() const { return *end_; }
  const policy::hosts::IdentUser& user() const { return user_; }  // kUser

 private:
  void Begin(const sandbox::sys::SocketAddress& client, const sandbox::sys::SocketAddress& server,
             std::uint16_t port);
  void Send();
  void Receive();
  void EndWith(IdentEnd end);

  std::uint16_t client_port_ = 0, server_port_ = 0;
  sandbox::sys::UniqueFd socket_;
  bool connected_ = false;
  std::string unsent_, reply_;
  std::optional<IdentEnd> end_;
  policy::hosts::IdentUser user_;
};

}  // namespace postern::wrapper
