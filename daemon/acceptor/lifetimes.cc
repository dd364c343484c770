// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/lifetimes.h"

#include <csignal>
#include <string>

#include "sandbox/sys/process.h"
#include "sandbox/sys/process_tree.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void Lifetimes::Limit(Session& session) {
  const auto& lifetime = session.service->spec().confinement->max_lifetime;
  if (!lifetime) return;
  session.lifetime_timer =
      loop_.After(std::chrono::seconds(*lifetime), [this, &session] { Stop(session); });
}

// A program that has ended, of which the zygote's word is still on its way: its number may be
// another's by now.
bool Lifetimes::Over(const Session& session) {
  return !session.pidfd || !sys::SignalPidfd(session.pidfd, 0);
}

void Lifetimes::Stop(Session& session) {
  session.lifetime_timer = 0;
  if (Over(session)) return;
  log_.Notice(session.service->spec().id + ": the server (pid " + std::to_string(session.pid) +
              ") has run for max_lifetime, and is stopped");
  sys::IgnoreError(sys::SignalTree(session.pid, SIGTERM), "SIGKILL follows");
  session.lifetime_timer = loop_.After(kStopGrace, [this, &session] { Kill(session); });
}

void Lifetimes::Kill(Session& session) {
  session.lifetime_timer = 0;
  if (Over(session)) return;
  const auto killed = sys::SignalTree(session.pid, SIGKILL);
  if (!killed) log_.Error(session.service->spec().id + ": " + killed.error().ToString());
}

}  // namespace postern::daemon
