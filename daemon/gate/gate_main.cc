// SPDX-License-Identifier: BSD-2-Clause
// postern-gate: stands before a service whose access rules posternd cannot follow by itself,
// because a name has to be looked up or an option has to act. posternd starts it in the service's
// place, with the service's user and limits and the client as descriptors 0, 1 and 2; see
// gate_words.h.
//
// DIAGNOSTICS: what the rules say goes to syslog(3), facility daemon, under the daemon's name, as
// from tcpd. What became of the client goes to posternd through the status pipe. Exits with
// kGateRefused when the client may not use the service; 126 when the program cannot be executed; 2
// for a command line that is none, or without the pipe.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/gate/advice.h"
#include "daemon/gate/told_ends.h"
#include "daemon/gate_words.h"
#include "sandbox/launch_plan.h"
#include "sandbox/sys/become_program.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/system_log.h"
#include "wrapper/access/gatekeeper.h"
#include "wrapper/access/hosts_files.h"
#include "wrapper/lookup/system_lookup.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using wrapper::Decision;

constexpr int kUsage = 2, kCannotExecute = 126;
constexpr int kConnection = 0;
// The gate's own words.
enum Argument : int { kMode = 1, kEnds, kDaemon, kProgram, kFirstProgramWord };

// An end that cannot be told is unknown, and no rule that names an address holds it.
wrapper::Connection EndsOf(const sys::UniqueFd& socket) {
  wrapper::Connection ends;
  const auto what = sys::Describe(socket);
  ends.stream = what && what->kind == sys::SocketKind::kStream;
  if (what) ends.server = what->local;
  if (const auto peer = sys::PeerAddress(socket)) {
    ends.client = *peer;
  } else if (const auto first = sys::PeekDatagram(socket)) {
    ends.client = first->sender;
  }
  return ends;
}

Decision Decide(const wrapper::Connection& ends, const std::string& daemon) {
  const wrapper::HostsVersion files = wrapper::HostsFiles({}).CurrentVersion();
  wrapper::Settings settings;
  wrapper::SystemLog log;
  wrapper::SystemLookup lookup;
  wrapper::ConnectionFacts facts(ends, lookup, settings);
  wrapper::ProcessRunner runner(sys::UniqueFd::DuplicateOf(kConnection));
  wrapper::Gatekeeper gatekeeper({.facts = facts,
                                  .options = runner,
                                  .log = log,
                                  .settings = settings,
                                  .process_id = static_cast<std::uint32_t>(sys::OwnPid()),
                                  .told = files.told.get()});
  auto request = wrapper::RequestOf(ends, daemon);
  return gatekeeper.Decide(files.policy, request);
}

// posternd's end of the pipe has room for letters without end, or is gone with posternd.
void Say(const sys::UniqueFd& status, char letter) {
  sys::IgnoreError(sys::WriteAll(status, {&letter, 1}), "then nobody records it");
}

int Complain(const std::string& text, int status) {
  wrapper::SystemLog().Write(wrapper::kLogError, "error: " + text);
  return status;
}

// Returns only on failure, with the reason.
std::string Become(const sys::UniqueFd& socket, const Decision& decision, char** argv) {
  if (decision.outcome == Decision::Outcome::kTwisted) {
    return "twist: " + wrapper::BecomeShell(socket, decision.twist_command);
  }
  const auto become = sys::BecomeProgram(argv[kProgram], argv + kFirstProgramWord);
  return "cannot execute " + become.error().ToString();
}

// The program is posternd's to start.
int Advise(const sys::UniqueFd& status, const Decision& decision, const ProcessState& before) {
  std::optional<std::string> twist;
  if (decision.outcome == Decision::Outcome::kTwisted) twist = decision.twist_command;
  const auto advice = Advice(before, ReadProcessState(), twist);
  if (!advice) {
    Say(status, kGateSaysRefused);
    return Complain(advice.error(), kGateRefused);
  }
  std::string said(1, kGateSaysAdvice);
  const auto frame = std::as_bytes(std::span(&*advice, 1));
  for (const std::byte byte : frame) said.push_back(static_cast<char>(byte));
  sys::IgnoreError(sys::WriteAll(status, said), "then nobody starts the program");
  return 0;
}

int Main(int argc, char** argv, const char* const* environment) {
  if (argc <= kFirstProgramWord) return kUsage;
  const std::string_view mode = argv[kMode], ends_from = argv[kEnds];
  if (mode != kGateDecides && mode != kGateAdvises && mode != kGateRefuses) return kUsage;
  if (ends_from != kGateAsksSocket && ends_from != kGateIsToldEnds) return kUsage;
  const ProcessState before = ReadProcessState();
  sys::OpenSystemLog(argv[kDaemon]);
  // Other processes of the user have no say in what it decides; execve(2) gives that back.
  if (const auto hidden = sys::ForbidInspection(); !hidden) {
    return Complain(hidden.error().ToString(), kUsage);
  }
  // Neither the program nor what looks names up may hold it.
  const sys::UniqueFd status(sandbox::kStatusDescriptor);
  if (!sys::CloseOnExecute(status)) return Complain("no status pipe", kUsage);
  const auto socket = sys::UniqueFd::DuplicateOf(kConnection);
  if (!socket) return Complain("no connection", kUsage);
  const bool told = ends_from == kGateIsToldEnds;
  const wrapper::Connection ends =
      told ? ToldEnds(environment).value_or(wrapper::Connection()) : EndsOf(socket);
  const Decision decision = Decide(ends, argv[kDaemon]);
  // The files may have changed since posternd read them: a refusal stays one.
  if (mode == kGateRefuses || decision.outcome == Decision::Outcome::kDenied) {
    Say(status, kGateSaysRefused);
    return kGateRefused;
  }
  if (mode == kGateAdvises) return Advise(status, decision, before);
  Say(status, kGateSaysAllowed);
  const std::string failure = Become(socket, decision, argv);
  Say(status, kGateSaysFailed);
  return Complain(failure, kCannotExecute);
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv, char** environment) {
  return postern::daemon::Main(argc, argv, environment);
}
