// SPDX-License-Identifier: BSD-2-Clause
// Tells the operator why a server's process was killed: the system call it made that its service
// does not list, and the line that would list it.
//
// Who calls: Sessions, for what a zygote tells of (sandbox/zygote/protocol.h, AnswerUnlisted). A
// client may bring a server to make such calls as often as he likes, so a call of a service is told
// of once in a minute.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "daemon/log/program_log.h"
#include "policy/decision/facts.h"
#include "policy/service/confinement.h"

namespace postern::daemon {

class KillReports {
 public:
  explicit KillReports(ProgramLog& log) : log_(log) {}

  // `service` is its id; `syscalls` what its lines say of the list.
  void Tell(const std::string& service, const policy::SyscallEdit& syscalls, std::uint32_t call,
            policy::Instant now);

 private:
  ProgramLog& log_;
  std::map<std::pair<std::string, std::uint32_t>, policy::Instant> told_;  // in the last minute
};

}  // namespace postern::daemon
