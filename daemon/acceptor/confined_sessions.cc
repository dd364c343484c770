// SPDX-License-Identifier: BSD-2-Clause
// The sessions whose program runs in a sandbox: part of sessions.h.
//
// A zygote starts them, and tells in what order it likes what becomes of them; an id that is not
// known (any more) is a session that posternd has ended by itself.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>

#include "daemon/acceptor/sessions.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/process_tree.h"
#include "wrapper/launch/profile_of.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using wrapper::ProgramIndex;

namespace {

void Follow(const GateAdvice& advice, Zygote::Launch& launch) {
  launch.umask = advice.umask;
  launch.priority = advice.priority;
  launch.replaces = !advice.words.empty() || advice.twist;
  // The first of two words with one name is what getenv(3) finds.
  for (const std::string& word : advice.words) {
    const std::string_view name = std::string_view(word).substr(0, word.find('=') + 1);
    std::erase_if(launch.words, [name](const std::string& one) { return one.starts_with(name); });
  }
  launch.words.insert(launch.words.end(), advice.words.begin(), advice.words.end());
  if (advice.twist) launch.words.push_back(wrapper::kTwistVariable + ("=" + *advice.twist));
}

// Which of its profile's programs the session is for.
std::uint32_t IndexOf(const Session& session) {
  auto program = session.admitted.way == Way::kUnwrapped ? ProgramIndex::kBehindTcpd
                                                         : ProgramIndex::kAsWritten;
  if (session.advice && session.advice->twist) program = ProgramIndex::kTwist;
  return static_cast<std::uint32_t>(program);
}

}  // namespace

void Sessions::LaunchConfined(Session& session, std::vector<std::string> words,
                              sys::UniqueFd connection) {
  const auto& profile = session.service->profile();
  session.stage = Stage::kProgram;
  // postern-tls must find no end of file where there is no program after all (CutOff()). No
  // close(2) waits on a socketpair, as it may on a connection.
  if (session.tls != 0 && !KeepCopy(session, connection)) return;
  session.outlives_zygote = !profile->namespaces.pid || profile->tolerate_missing;
  Zygote::Launch launch{.id = session.id,
                        .program = IndexOf(session),
                        .words = std::move(words),
                        .connection = std::move(connection)};
  if (const auto& lifetime = session.service->spec().confinement->max_lifetime) {
    launch.lifetime = std::chrono::seconds(*lifetime);
  }
  if (session.advice) Follow(*session.advice, launch);
  const auto asked = zygotes_.Launch(profile, launch);
  if (!asked) FailToStart(session, asked.error().ToString());
}

// For a program that is yet to come. False when there is none, and the session has failed.
bool Sessions::KeepCopy(Session& session, sys::UniqueFd& connection) {
  session.connection = sys::UniqueFd::DuplicateOf(connection.get());
  if (session.connection) return true;
  const std::string why = sys::LastError("fcntl", "F_DUPFD_CLOEXEC").error().ToString();
  session.connection = std::move(connection);
  FailToStart(session, why);
  return false;
}

void Sessions::OnInstanceStarted(sandbox::LaunchId id, pid_t pid) {
  Session* const session = Find(id, Stage::kProgram);
  if (session == nullptr) return;
  session->pid = pid;
  session->connection.Reset();
  LogStart(*session, pid);
  const bool limited = session->service->spec().confinement->max_lifetime.has_value();
  if (session->outlives_zygote || limited) HoldProcess(*session);
  lifetimes_.Limit(*session);
  if (session->admitted.way == Way::kUnwrapped) {
    admission_.TellUnwrapped(*session->service, session->peer, session->admitted.priority, pid,
                             session->inquiry ? session->inquiry->findings : Findings());
  }
}

// What may have to be killed later is held, so that its number is not another's by then. One that
// has ended by now is told of next.
void Sessions::HoldProcess(Session& session) {
  auto pidfd = sys::OpenPidfd(session.pid);
  if (pidfd) {
    session.pidfd = std::move(*pidfd);
  } else if (pidfd.error().number != ESRCH) {
    log_.Error(session.service->spec().id + ": " + pidfd.error().ToString() +
               ": the server is killed");
    sys::IgnoreError(sys::SignalTree(session.pid, SIGKILL), "it may be dead already");
  }
}

void Sessions::OnInstanceFailed(sandbox::LaunchId id, sandbox::LaunchStep step, int error) {
  Session* const session = Find(id, Stage::kProgram);
  if (session == nullptr) return;
  const policy::ServiceSpec& spec = session->service->spec();
  const auto& profile = session->service->profile();  // null where a reload has said so
  TellFailure(spec, profile ? profile->programs[IndexOf(*session)].path : spec.program.path, step,
              error);
  if (step == sandbox::LaunchStep::kClone) FailToStart(*session, "no process");
}

void Sessions::OnInstanceEnded(sandbox::LaunchId id, sys::Exit how) {
  Session* const session = Find(id, Stage::kProgram);
  if (session == nullptr) return;
  // It could not tell of its beginning: the channel to us was full for long.
  if (session->pid == 0) return FailToStart(*session, "the server did not run");
  OnEnd(*session, how);
}

// Of a service that nobody uses any more, what its lines say of the list is not at hand.
void Sessions::OnUnlistedCall(const sandbox::Profile& profile, sandbox::LaunchId id,
                              std::uint32_t call) {
  const Session* const session = Find(id, Stage::kProgram);
  const auto* const confinement =
      session == nullptr ? nullptr : session->service->spec().confinement.get();
  kill_reports_.Tell(profile.service,
                     confinement == nullptr ? policy::SyscallEdit() : confinement->syscalls, call,
                     loop_.now());
}

void Sessions::OnInstanceLost(sandbox::LaunchId id, const std::string& why) {
  Session* const session = Find(id, Stage::kProgram);
  if (session == nullptr) return;
  if (session->pid == 0) return FailToStart(*session, why);
  // With its pid namespace it is gone; without one it lives on, and nobody would count it: a
  // service can kill its own zygote then, which has the same user.
  if (session->pidfd) {
    sys::IgnoreError(sys::SignalPidfd(session->pidfd, SIGKILL), "it may be dead already");
  }
  OnEnd(*session, {std::nullopt, SIGKILL});
}

}  // namespace postern::daemon
