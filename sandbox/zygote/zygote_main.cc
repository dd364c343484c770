// SPDX-License-Identifier: BSD-2-Clause
// postern-zygote: one service's sandbox, and the parent of everything that runs in it. posternd
// starts it, with its rights and with the channel as descriptor 3; it seals itself and never gets
// anything back. See protocol.h.
//
// DIAGNOSTICS: what keeps the sandbox from being made is told to posternd, and the exit status is
// 1; 2 for a start that was not posternd's.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "sandbox/channel.h"
#include "sandbox/confine/enter.h"
#include "sandbox/confine/landlock.h"
#include "sandbox/helper.h"
#include "sandbox/profile_codec.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sealed_file.h"
#include "sandbox/sys/wait.h"
#include "sandbox/zygote/learning_zygote.h"
#include "sandbox/zygote/own_init.h"
#include "sandbox/zygote/zygote.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMaxProfile = std::size_t{4} << 20;
constexpr std::chrono::seconds kProfilePatience(30);
constexpr int kRefused = 1, kNotAsked = 2;

struct Asked {
  Profile profile;
  sys::UniqueFd record;  // where there is something to learn
};

sys::Result<Asked> AwaitProfile(const sys::UniqueFd& channel) {
  TRY_STATUS(sys::AwaitReadable(channel, sys::Deadline(kProfilePatience)));
  AskProfile ask;
  TRY(ReceivedFrame received, ReceiveFrame(channel, std::as_writable_bytes(std::span(&ask, 1))));
  const auto garbage = [] { return std::unexpected(sys::Error{"recvmsg", EBADMSG, "AskProfile"}); };
  if (received.length != sizeof ask || ask.header.type != ZygoteFrame::kAskProfile ||
      received.descriptor_count == 0) {
    return garbage();
  }
  TRY(const std::string bytes, sys::ReadSealedFile(received.descriptors[0], kMaxProfile));
  Asked asked;
  TRY(asked.profile, DecodeProfile(bytes));
  if (received.descriptor_count != (asked.profile.learning ? 2 : 1)) return garbage();
  asked.record = std::move(received.descriptors[1]);
  return asked;
}

// A signal that nobody reads from a descriptor yet is not lost while it is blocked.
sys::Result<sys::UniqueFd> WatchChildren() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  sys::UniqueFd watch(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!watch) return sys::LastError("signalfd");
  return watch;
}

sys::Status BlockChildren() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &children, nullptr) != 0) return sys::LastError("sigprocmask");
  return {};
}

// What instances leave behind has this process as its parent, so that max_lifetime finds it: as the
// init of a pid namespace has without asking (prctl(2)).
sys::Status AdoptOrphans() {
  if (sys::OwnPid() == 1) return {};
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return sys::LastError("prctl", "PR_SET_CHILD_SUBREAPER");
  }
  return {};
}

// What the loop needs and the sandbox might refuse to make.
struct Prepared {
  sys::UniqueFd children, domain;
};

// Without no_new_privs it takes a right that no instance has to restrict oneself
// (landlock_restrict_self(2), EPERM).
bool WantsDomain(const Profile& profile) {
  return profile.landlock.enabled && profile.no_new_privileges;
}

sys::Result<Prepared> Prepare(const Profile& profile) {
  Prepared prepared;
  TRY_STATUS(AdoptOrphans());
  TRY(prepared.children, WatchChildren());
  // A machine without Landlock is Enter()'s to judge.
  if (WantsDomain(profile) && LandlockAbi().value_or(0) > 0) {
    TRY(prepared.domain, MakeInstanceRuleset());
  }
  return prepared;
}

struct Sealed {
  std::string warnings;
  sys::UniqueFd unlisted_calls;
};

// Or why there is no sandbox.
std::expected<Sealed, std::string> Seal(const Profile& profile, const Prepared& prepared) {
  auto report = Enter(profile);
  if (!report) return std::unexpected(report.error().ToString());
  if (report->landlock_abi > 0 && WantsDomain(profile) && !prepared.domain) {
    return std::unexpected("Landlock: no ruleset for the instances");
  }
  if (const auto blocked = BlockChildren(); !blocked) {
    return std::unexpected(blocked.error().ToString());
  }
  std::string warnings;
  for (const std::string& warning : report->warnings) {
    warnings += (warnings.empty() ? "" : "; ") + warning;
  }
  return Sealed{std::move(warnings), std::move(report->unlisted_calls)};
}

template <typename Frame>
sys::Status Tell(const sys::UniqueFd& channel, std::string_view text) {
  Frame frame;
  frame.text.Set(text);
  return SendFrame(channel, AsFrame(frame), {});
}

int Refuse(const sys::UniqueFd& channel, const std::string& why) {
  sys::IgnoreError(Tell<AnswerRefused>(channel, why), "the exit status tells it too");
  return kRefused;
}

int Learn(const Profile& profile, const std::string& warnings, LearningEnds ends) {
  LearningZygote zygote(profile, std::move(ends));
  if (const auto started = zygote.Start(); !started) {
    return Refuse(zygote.channel(), "learning: " + started.error().ToString());
  }
  if (!Tell<AnswerReady>(zygote.channel(), warnings)) return kRefused;
  return zygote.Learn() ? 0 : kRefused;
}

int Serve(Asked asked, sys::UniqueFd channel) {
  const Profile& profile = asked.profile;
  auto prepared = Prepare(profile);
  auto sealed = prepared ? Seal(profile, *prepared) : std::unexpected(prepared.error().ToString());
  if (!sealed) return Refuse(channel, sealed.error());
  if (profile.learning) {
    return Learn(profile, sealed->warnings,
                 {std::move(channel), std::move(prepared->children), std::move(prepared->domain),
                  std::move(asked.record)});
  }
  if (!Tell<AnswerReady>(channel, sealed->warnings)) return kRefused;
  return Zygote(profile, std::move(channel), std::move(prepared->children),
                std::move(prepared->domain), std::move(sealed->unlisted_calls))
                 .Run()
             ? 0
             : kRefused;
}

int Main() {
  sys::UniqueFd channel(kHelperChannel);
  auto asked = AwaitProfile(channel);
  if (!asked) return kNotAsked;
  if (asked->profile.namespaces.pid && sys::OwnPid() != 1) {
    const auto entered = EnterOwnPidNamespace(asked->profile.identity);
    if (entered && *entered) {
      channel.Release();  // closed already
      return **entered;
    }
    sys::IgnoreError(entered, "Enter() tells that it is missing");
  }
  return Serve(std::move(*asked), std::move(channel));
}

}  // namespace
}  // namespace postern::sandbox

int main() { return postern::sandbox::Main(); }
