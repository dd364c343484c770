// SPDX-License-Identifier: BSD-2-Clause
// Runs the options of one rule, from left to right, until one of them ends the decision.
//
// Source: hosts_options(5). Each value is expanded right before its option acts, so that it shows
// what the options before it have learnt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/hosts/options.h"
#include "wrapper/access/fact_source.h"
#include "wrapper/access/option_runner.h"
#include "wrapper/access/settings.h"

namespace postern::wrapper {

// Asks for what is needed; what nobody answers is unknown.
void Fetch(const policy::hosts::Need& need, policy::hosts::Request& request, FactSource& facts,
           RuleLog& log);

struct ProgramEnd {
  policy::hosts::OptionProgram::End end = policy::hosts::OptionProgram::End::kTable;
  bool unmatched = false;     // kTable: an aclexec failed, so the rule counts as not matched
  std::string why;            // kError: as logged
  std::string twist_command;  // kTwist: expanded
};

class OptionProgramRun {
 public:
  struct Parts {
    FactSource& facts;
    OptionRunner& options;
    Settings& settings;
    RuleLog& log;
    std::uint32_t process_id = 0;
    bool may_twist = true;
    int verbose = 0;
  };
  OptionProgramRun(const Parts& parts, policy::hosts::Request& request)
      : parts_(parts), request_(request) {}

  ProgramEnd Run(const policy::hosts::OptionProgram& program);

 private:
  using Outcome = OptionRunner::Outcome;
  struct Actor;  // one action, by its kind

  ProgramEnd Failed(std::string why);
  ProgramEnd Twist(const std::string& command);
  // nullopt: the result would be too long.
  std::optional<std::string> Expand(std::string_view text);
  std::optional<std::string> ExpandValue(std::string_view text);  // and trims it
  Outcome SendBanner(const std::string& directory);
  void LogOption(std::string_view text);

  Parts parts_;
  policy::hosts::Request& request_;
  bool unmatched_ = false;
};

}  // namespace postern::wrapper
