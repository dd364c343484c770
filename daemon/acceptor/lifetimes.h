// SPDX-License-Identifier: BSD-2-Clause
// max_lifetime: ends programs that run for too long, and what they have started.
#pragma once

#include <chrono>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/session.h"
#include "daemon/log/program_log.h"

namespace postern::daemon {

class Lifetimes {
 public:
  static constexpr std::chrono::seconds kStopGrace{5};  // between SIGTERM and SIGKILL

  Lifetimes(EventLoop& loop, ProgramLog& log) : loop_(loop), log_(log) {}

  // For a session whose program has started and which holds its pidfd, and which cancels its timer
  // when it ends: SIGTERM when the time is up, SIGKILL some seconds later.
  void Limit(Session& session);

 private:
  static bool Over(const Session& session);
  void Stop(Session& session);
  void Kill(Session& session);

  EventLoop& loop_;
  ProgramLog& log_;
};

}  // namespace postern::daemon
