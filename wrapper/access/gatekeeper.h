// SPDX-License-Identifier: BSD-2-Clause
// One request from question to answer: evaluates the access files, fetches the facts that the
// evaluation asks for, and runs the options of the rule that matched.
//
// Source: hosts_access(5), hosts_options(5). Nothing is remembered from one decision to the next
// but what Settings says. Whatever goes wrong on the way refuses the client, and the log says why.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "policy/hosts/evaluate.h"
#include "wrapper/access/fact_source.h"
#include "wrapper/access/option_runner.h"
#include "wrapper/access/settings.h"
#include "wrapper/access/told_once.h"

namespace postern::wrapper {

struct Decision {
  enum class Outcome : std::uint8_t {
    kAllowed,
    kDenied,
    kTwisted,  // granted, to `twist_command`: the caller ends in BecomeShell()
  };
  Outcome outcome = Outcome::kDenied;
  policy::hosts::Reason reason = policy::hosts::Reason::kNoRule;
  std::string why;                            // kOptionError, kPatternFile: as logged
  std::string twist_command;                  // expanded
  const policy::hosts::Rule* rule = nullptr;  // the one that decided, if one did
  std::shared_ptr<const policy::hosts::HostsPolicy> policy;  // owns the rule
};

class Gatekeeper {
 public:
  struct Parts {
    FactSource& facts;
    OptionRunner& options;
    LogSink& log;
    Settings& settings;
    std::uint32_t process_id = 0;  // %p
    // False from a process's second decision on: a resident program cannot become a shell.
    bool may_twist = true;
    int verbose = 0;           // 1: logs each option, 2: logs the rule that matched too
    ToldOnce* told = nullptr;  // of this version of the files; null: nothing has been
  };
  explicit Gatekeeper(const Parts& parts) : parts_(parts), log_(parts.log) {}

  // The request gains the facts that were fetched, and expansion filters its values.
  Decision Decide(std::shared_ptr<const policy::hosts::HostsPolicy> policy,
                  policy::hosts::Request& request);

  // Options that stand in no table, for a caller that read them itself at `file` and `line`.
  // Allowed for kNoRule: they left the verdict open.
  Decision RunOptions(const policy::hosts::OptionProgram& program, const std::string& file,
                      std::uint32_t line, policy::hosts::Request& request);

 private:
  class Deciding;  // one decision

  Parts parts_;
  RuleLog log_;
};

}  // namespace postern::wrapper
