// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/filter.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/filter/argument_rules.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/verdicts.h"

namespace postern::sandbox::filter {
namespace {

// What the zygote calls when it serves (sandbox/zygote/), and its children until they are the
// service; getsid tells whose process made an unlisted call. Returning from a signal handler, or to
// a call that a stop interrupted, are calls too; so is what abort(3) ends by. One that is missing
// here would have the zygote wait for itself, for ever (sandbox/confine/install_filter.h).
constexpr std::string_view kLauncherCalls[] = {"brk",          "clone",
                                               "close",        "close_range",
                                               "dup3",         "execve",
                                               "exit",         "exit_group",
                                               "futex",        "getpid",
                                               "getsid",       "gettid",
                                               "kill",         "landlock_restrict_self",
                                               "mmap",         "mprotect",
                                               "munmap",       "pidfd_send_signal",
                                               "ppoll",        "prctl",
                                               "prlimit64",    "read",
                                               "recvmsg",      "restart_syscall",
                                               "rt_sigaction", "rt_sigprocmask",
                                               "rt_sigreturn", "sendmsg",
                                               "setpriority",  "setsid",
                                               "tgkill",       "umask",
                                               "wait4",        "waitid",
                                               "write",        "writev"};

enum class Standing : std::uint8_t { kUnlisted, kListed, kNamed };

using Standings = std::array<Standing, kHighestCall + 1>;

std::unexpected<sys::Error> Refused(const std::string& word, const std::string& why) {
  return std::unexpected(sys::Error{"syscalls", EINVAL, word + ": " + why});
}

std::unexpected<sys::Error> Unknown(const std::string& word) {
  std::string why = word.starts_with('@') ? "no such group of system calls" : "no such system call";
  const std::vector<std::string> near = NearMisses(word);
  if (!near.empty()) why += "; did you mean " + near.front() + "?";
  return Refused(word, why);
}

sys::Status Allow(const std::vector<std::string>& words, Standings& standings) {
  for (const std::string& word : words) {
    const WordKind kind = KindOf(word);
    if (kind == WordKind::kUnknown) return Unknown(word);
    if (kind == WordKind::kDeniedGroup) {
      return Refused(word, "always denied as a group; name the calls that must be allowed");
    }
    const Standing standing = kind == WordKind::kCall ? Standing::kNamed : Standing::kListed;
    for (const std::uint32_t number : Expand(word)) {
      // A group must not undo that the call was named.
      if (number <= kHighestCall) standings[number] = std::max(standings[number], standing);
    }
  }
  return {};
}

// A group that is taken away leaves what the zygote needs.
sys::Status TakeAway(const std::vector<std::string>& words, Standings& standings) {
  for (const std::string& word : words) {
    if (KindOf(word) == WordKind::kUnknown) return Unknown(word);
    if (std::ranges::find(kLauncherCalls, word) != std::end(kLauncherCalls)) {
      return Refused(word, "no service could be started without it");
    }
    for (const std::uint32_t number : Expand(word)) {
      if (number <= kHighestCall) standings[number] = Standing::kUnlisted;
    }
  }
  return {};
}

sys::Result<Standings> StandingsOf(const FilterRequest& request) {
  Standings standings{};
  if (request.base == FilterBase::kAllButDenied) {
    standings.fill(Standing::kListed);
  } else {
    TRY_STATUS(Allow(request.listed, standings));
  }
  TRY_STATUS(Allow(request.added, standings));
  if (request.new_privileges || request.root_user) TRY_STATUS(Allow({"@privdrop"}, standings));
  TRY_STATUS(TakeAway(request.removed, standings));
  for (const std::string_view call : kLauncherCalls) {
    const auto number = NumberOf(call);
    if (number) standings[*number] = std::max(standings[*number], Standing::kListed);
  }
  return standings;
}

std::uint32_t ActionOf(Unlisted unlisted) {
  switch (unlisted) {
    case Unlisted::kKill:
      return SECCOMP_RET_KILL_PROCESS;
    case Unlisted::kErrno:
      return SECCOMP_RET_ERRNO | EPERM;
    case Unlisted::kLog:
      return SECCOMP_RET_LOG;
    case Unlisted::kNotify:
      return SECCOMP_RET_USER_NOTIF;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

CallVerdict Always(std::uint32_t action) { return {action, action, {}}; }

// Of the groups that hold @jit, those that are meant to hold it.
bool AsksForJit(const FilterRequest& request) {
  const auto asks = [](const std::vector<std::string>& words) {
    return std::ranges::any_of(
        words, [](const std::string& word) { return word == "@jit" || word == "@known"; });
  };
  return request.jit || asks(request.listed) || asks(request.added);
}

// Where ioctl itself is not listed, the zygote still hears of unlisted calls (seccomp_unotify(2)).
// Nobody else has a descriptor that takes these requests.
void AllowSupervision(const Standings& standings, CallTable& table) {
  const auto ioctl = NumberOf("ioctl");
  if (!ioctl || standings[*ioctl] != Standing::kUnlisted) return;
  table[*ioctl].matched = SECCOMP_RET_ALLOW;
  table[*ioctl].clauses = {{{1, kLow32, {SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_ID_VALID}}}};
}

void ApplyRules(const FilterRequest& request, const Standings& standings, CallTable& table) {
  FilterRequest effective = request;
  effective.jit = AsksForJit(request);
  for (ArgumentRule& rule : ArgumentRules(effective)) {
    const auto number = NumberOf(rule.call);
    if (!number || standings[*number] == Standing::kUnlisted) continue;
    // Whoever names clone3 or openat2 means it; their arguments cannot be judged.
    const bool unjudged = rule.verdict.action == (SECCOMP_RET_ERRNO | ENOSYS);
    if (unjudged && standings[*number] == Standing::kNamed) continue;
    table[*number] = std::move(rule.verdict);
  }
}

}  // namespace

sys::Result<CallTable> JudgeCalls(const FilterRequest& request) {
  TRY(const Standings standings, StandingsOf(request));
  CallTable table(kHighestCall + 1);
  for (std::uint32_t number = 0; number <= kHighestCall; ++number) {
    const Standing standing = standings[number];
    if (IsAlwaysDenied(number) && standing != Standing::kNamed) {
      table[number] = Always(SECCOMP_RET_KILL_PROCESS);
    } else if (standing == Standing::kUnlisted) {
      table[number] = Always(ActionOf(request.unlisted));
    } else {
      table[number] = Always(SECCOMP_RET_ALLOW);
    }
  }
  ApplyRules(request, standings, table);
  if (request.unlisted == Unlisted::kNotify) AllowSupervision(standings, table);
  return table;
}

sys::Result<FilterProgram> BuildFilter(const FilterRequest& request) {
  TRY(const CallTable table, JudgeCalls(request));
  return Compile(table);
}

}  // namespace postern::sandbox::filter
