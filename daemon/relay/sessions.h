// SPDX-License-Identifier: BSD-2-Clause
// The kinds of sessions there are; each lives in the file its name says.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "daemon/protocol.h"
#include "daemon/relay/carrying_session.h"
#include "daemon/relay/descriptor_budget.h"
#include "daemon/relay/mux_table.h"
#include "daemon/relay/session.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

// RFC 862: what the client sends comes back, until it ends.
std::unique_ptr<Session> MakeEchoSession(Seat seat);

// RFC 863: what the client sends is thrown away, until it ends.
std::unique_ptr<Session> MakeDiscardSession(Seat seat);

// RFC 864: characters without end, at the client's pace; what it sends is thrown away.
std::unique_ptr<Session> MakeChargenSession(Seat seat);

// Sends `text` and closes: daytime (RFC 867), time (RFC 868).
std::unique_ptr<Session> MakeTextSession(Seat seat, std::string text);

// Connects to the first address that answers and carries bytes both ways. Each address has
// `connect_timeout`.
std::unique_ptr<Session> MakeRedirectSession(Seat seat, const AskRedirect& ask,
                                             DescriptorBudget& budget,
                                             std::chrono::milliseconds connect_timeout,
                                             const CarryingSession::Patience& patience);

// Carries bytes both ways between the client and a program's socketpair.
std::unique_ptr<Session> MakeSpliceSession(Seat seat, sandbox::sys::UniqueFd program,
                                           DescriptorBudget& budget,
                                           const CarryingSession::Patience& patience);

// Reads the name line of tcpmux (RFC 1078) within `deadline`.
std::unique_ptr<Session> MakeMuxSession(Seat seat, const MuxTable& table,
                                        std::chrono::milliseconds deadline);

// Reads a PROXY header within `deadline`, and gives the client back, whatever came.
std::unique_ptr<Session> MakeProxySession(Seat seat, std::chrono::milliseconds deadline);

// Sends the files, in order and within `deadline`, then gives the client back or closes it.
using BannerFiles = std::array<sandbox::sys::UniqueFd, 2>;
std::unique_ptr<Session> MakeBannerSession(Seat seat, BannerFiles files, bool give_back,
                                           std::chrono::milliseconds deadline);

}  // namespace postern::daemon
