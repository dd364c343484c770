// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/kill_reports.h"

#include <algorithm>
#include <chrono>

#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/groups.h"

namespace postern::daemon {

namespace filter = sandbox::filter;

namespace {

constexpr std::chrono::minutes kQuiet(1);

// What lists the call. "-=" wins over "+=" where a group is taken away (filter.h), so such words
// have to go.
std::string Remedy(const std::string& name, std::uint32_t call,
                   const policy::SyscallEdit& syscalls) {
  std::string takes_away;
  for (const std::string& word : syscalls.removed) {
    if (std::ranges::binary_search(filter::Expand(word), call)) takes_away += " " + word;
  }
  if (!takes_away.empty()) return "to allow it, leave out of \"syscalls -=\":" + takes_away;
  return "to allow it, add to the service: syscalls += " + name + " (or its group, " +
         std::string(filter::GroupOf(call)) + ")";
}

}  // namespace

void KillReports::Tell(const std::string& service, const policy::SyscallEdit& syscalls,
                       std::uint32_t call, policy::Instant now) {
  std::erase_if(told_, [now](const auto& one) { return now - one.second >= kQuiet; });
  if (!told_.try_emplace({service, call}, now).second) return;
  const std::string name = filter::NameOf(call);
  const std::string killed = service + ": a process was killed for the system call ";
  if (name.empty()) {
    // Nor can it be listed, which takes a name.
    log_.Warning(killed + std::to_string(call) + ", which has no name");
  } else {
    log_.Warning(killed + name + ", which is not listed; " + Remedy(name, call, syscalls));
  }
}

}  // namespace postern::daemon
