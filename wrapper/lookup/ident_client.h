// SPDX-License-Identifier: BSD-2-Clause
// Asks the ident server of the client's machine who owns the client's end (RFC 1413), and waits.
#pragma once

#include <chrono>

#include "policy/hosts/request.h"
#include "sandbox/sys/sockets.h"
#include "wrapper/lookup/ident_query.h"

namespace postern::wrapper {

policy::hosts::Fact AskIdent(const sandbox::sys::SocketAddress& client,
                             const sandbox::sys::SocketAddress& server,
                             std::chrono::milliseconds deadline, std::uint16_t port = kIdentPort);

}  // namespace postern::wrapper
