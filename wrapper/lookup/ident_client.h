// SPDX-License-Identifier: BSD-2-Clause
// Asks the ident server of the client's machine who owns the client's end (RFC 1413).
#pragma once

#include <chrono>

#include "policy/hosts/request.h"
#include "sandbox/sys/sockets.h"

namespace postern::wrapper {

inline constexpr std::uint16_t kIdentPort = 113;

// `port` is the server's; tests have one of their own.
policy::hosts::Fact AskIdent(const sandbox::sys::SocketAddress& client,
                             const sandbox::sys::SocketAddress& server,
                             std::chrono::milliseconds deadline, std::uint16_t port = kIdentPort);

}  // namespace postern::wrapper
