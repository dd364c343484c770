// SPDX-License-Identifier: BSD-2-Clause
// What follows from the end of a postern-gate: part of sessions.h.
#include "daemon/acceptor/sessions.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// The option `linger` was for the gate's own copy. At the end of ours, close(2) would wait for the
// client (socket(7)).
void StopLingering(const sys::UniqueFd& connection) {
  if (connection) sys::IgnoreError(sys::SetLinger(connection, 0), "it is closed next");
}

}  // namespace

// A client that the gate did not let in was refused, whatever kept the gate from deciding. True:
// the session goes on, with the program.
bool Sessions::FollowGate(Session& session, sys::Exit exit) {
  const std::string& id = session.service->spec().id;
  const char* why = "refused by postern-gate";
  GateAccount account = ReadGateReport(session.gate_status);
  session.gate_status.Reset();  // the session may wait for the relay yet
  // Where the connection is kept the gate was asked for advice, and may become nothing; elsewhere
  // there is nothing that its advice could be for.
  const bool advised = account.report == GateReport::kAdvised;
  const bool asked_for_advice = static_cast<bool>(session.connection);
  if (advised != asked_for_advice && account.report != GateReport::kRefused) account = {};
  switch (account.report) {
    case GateReport::kBecame:
      return false;
    case GateReport::kAdvised:
      session.advice = std::move(account.advice);
      StartAdvised(session);
      return true;
    case GateReport::kFailed:
      log_.Error(id +
                 ": postern-gate could not execute what the client was let in to; the server"
                 " did not run");
      return false;
    case GateReport::kNothing:
      why = "postern-gate ended before it had decided";
      log_.Error(id + ": " + why + ", " +
                 (exit.signal ? "by signal " + std::to_string(*exit.signal)
                              : "with status " + std::to_string(exit.status.value_or(-1))));
      break;
    case GateReport::kRefused:
      break;
  }
  StopLingering(session.connection);
  if (session.refused) return false;
  admission_.RefusedByGate(*session.service, session.peer, why);
  if (session.inquiry) RefusedUsers::Log(*session.service, session.peer, session.inquiry->user);
  return false;
}

// The gate is gone; the program is started in its sandbox, on the connection that was kept.
void Sessions::StartAdvised(Session& session) {
  loop_.Unwatch(session.pidfd, session.watch);
  session.pidfd.Reset();
  session.pid = 0;
  session.launch = 0;
  Launch(session, std::move(session.connection));
}

}  // namespace postern::daemon
