// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/lifetimes.h"

#include <csignal>
#include <string>

#include "sandbox/sys/process_tree.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::seconds kStopGrace(5);  // between SIGTERM and SIGKILL

}  // namespace

// The process id is safe to use: the zygote tells of an end before it lets go of the number.
void Lifetimes::Limit(Session& session) {
  const auto& lifetime = session.service->spec().confinement->max_lifetime;
  if (!lifetime) return;
  session.lifetime_timer =
      loop_.After(std::chrono::seconds(*lifetime), [this, &session] { Stop(session); });
}

void Lifetimes::Stop(Session& session) {
  log_.Notice(session.service->spec().id + ": the server (pid " + std::to_string(session.pid) +
              ") has run for max_lifetime, and is stopped");
  sys::IgnoreError(sys::SignalTree(session.pid, SIGTERM), "SIGKILL follows");
  session.lifetime_timer = loop_.After(kStopGrace, [this, &session] { Kill(session); });
}

void Lifetimes::Kill(Session& session) {
  session.lifetime_timer = 0;
  const auto killed = sys::SignalTree(session.pid, SIGKILL);
  if (!killed) log_.Error(session.service->spec().id + ": " + killed.error().ToString());
}

}  // namespace postern::daemon
