// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/gatekeeper.h"

#include <optional>
#include <utility>

#include "wrapper/access/option_program.h"

namespace postern::wrapper {
namespace {

using policy::hosts::Allow;
using policy::hosts::Deny;
using policy::hosts::HostsPolicy;
using policy::hosts::NeedFact;
using policy::hosts::OptionProgram;
using policy::hosts::Reason;
using policy::hosts::Request;
using policy::hosts::Rule;
using policy::hosts::Table;
using policy::hosts::Verdict;
using policy::hosts::Which;

using Outcome = Decision::Outcome;

// A rule needs each fact once; a policy that asked for more than this would be asking in circles.
constexpr int kMostFacts = 100'000;

// What tcp_wrappers says while it reads up to the rule that matches, or to the end.
void TellTrouble(const Table& table, const Rule* matched, RuleLog& log) {
  for (const std::uint32_t line : table.skipped) {
    if (matched != nullptr && line > matched->last_line) break;
    log.Enter(table.path, line);
    log.Warn("missing \":\" separator");
  }
  log.Leave();
  if (matched != nullptr) return;
  if (table.end == Table::End::kUnreadable) {
    log.Warn("cannot open " + table.path + ": " + table.end_reason);
  }
  if (table.end == Table::End::kAbandoned) {
    log.Enter(table.path, table.end_where.line);
    log.Warn("missing newline or line too long");
    log.Warn("all the subsequent rules will be ignored");
    log.Leave();
  }
}

bool IsRuleOf(const Table& table, const Rule* rule) {
  return !table.rules.empty() && rule >= &table.rules.front() && rule <= &table.rules.back();
}

struct Match {
  bool allowed = false;
  Reason reason = Reason::kNoRule;
  const Rule* rule = nullptr;
};

Match MatchOf(const Verdict& verdict) {
  if (const auto* allow = std::get_if<Allow>(&verdict)) return {true, allow->reason, allow->rule};
  if (const auto* deny = std::get_if<Deny>(&verdict)) return {false, deny->reason, deny->rule};
  return {false, Reason::kNoRule, std::get<NeedFact>(verdict).rule};
}

ProgramEnd RunProgram(const OptionProgram& program, const Gatekeeper::Parts& parts, RuleLog& log,
                      Request& request) {
  return OptionProgramRun({.facts = parts.facts,
                           .options = parts.options,
                           .settings = parts.settings,
                           .log = log,
                           .process_id = parts.process_id,
                           .may_twist = parts.may_twist,
                           .verbose = parts.verbose},
                          request)
      .Run(program);
}

Decision DecisionOf(const ProgramEnd& end) {
  Decision decision{.outcome = Outcome::kAllowed,
                    .reason = Reason::kNoRule,
                    .why = end.why,
                    .twist_command = end.twist_command,
                    .rule = nullptr,
                    .policy = nullptr};
  switch (end.end) {
    case OptionProgram::End::kTable:
      break;
    case OptionProgram::End::kAllow:
      decision.reason = Reason::kOption;
      break;
    case OptionProgram::End::kDeny:
      decision.outcome = Outcome::kDenied;
      decision.reason = Reason::kOption;
      break;
    case OptionProgram::End::kTwist:
      decision.outcome = Outcome::kTwisted;
      decision.reason = Reason::kTwist;
      break;
    case OptionProgram::End::kError:
      decision.outcome = Outcome::kDenied;
      decision.reason = Reason::kOptionError;
      break;
  }
  return decision;
}

}  // namespace

// One call of Decide().
class Gatekeeper::Deciding {
 public:
  Deciding(const Parts& parts, RuleLog& log, const HostsPolicy& policy, Request& request)
      : parts_(parts), log_(log), policy_(policy), request_(request) {}

  Decision Run() {
    Decision decision = From(Which::kAllow).value_or(Decision{});
    log_.Leave();
    return decision;
  }

 private:
  std::optional<Decision> From(Which which) {
    const Match match = MatchOf(Evaluated(which));
    const Which where = IsRuleOf(policy_.allow(), match.rule) ? Which::kAllow : Which::kDeny;
    Tell(which, where, match.rule);
    Decision decision;
    decision.outcome = match.allowed ? Outcome::kAllowed : Outcome::kDenied;
    decision.reason = match.reason;
    decision.rule = match.rule;
    if (match.rule == nullptr) return decision;
    log_.Enter(*match.rule);
    if (match.reason == Reason::kPatternFile) {
      decision.why = TellUnusable(*match.rule, where);
      return decision;
    }
    if (parts_.verbose > 1) TellMatch(*match.rule);
    if (!match.rule->options) return decision;
    const ProgramEnd end = RunProgram(*match.rule->options, parts_, log_, request_);
    // A failed aclexec leaves the table, and the one behind hosts.deny is nobody's: granted.
    if (end.unmatched && where == Which::kAllow) return From(Which::kDeny);
    if (end.unmatched) {
      return Decision{Outcome::kAllowed, Reason::kNoRule, {}, {}, nullptr, nullptr};
    }
    Apply(end, decision);
    return decision;
  }

  Verdict Evaluated(Which which) {
    for (int facts = 0; facts < kMostFacts; ++facts) {
      const Verdict verdict = policy::hosts::Evaluate(policy_, request_, which);
      const auto* need = std::get_if<NeedFact>(&verdict);
      if (need == nullptr) return verdict;
      if (need->rule != nullptr) log_.Enter(*need->rule);
      Fetch(need->need, request_, parts_.facts, log_);
    }
    return Deny{.reason = Reason::kOptionError, .rule = nullptr};
  }

  void Tell(Which from, Which where, const Rule* rule) {
    if (from == Which::kAllow) {
      TellTrouble(policy_.allow(), where == Which::kAllow ? rule : nullptr, log_);
    }
    if (from == Which::kAllow) TellPassedOver(rule);
    if (where == Which::kDeny) TellTrouble(policy_.deny(), rule, log_);
  }

  // Once for each version of the files, as posternd does.
  void TellPassedOver(const Rule* decided) {
    for (const auto& passed_over : policy::hosts::RulesPassedOver(policy_, request_, decided)) {
      const Rule& rule = *passed_over.rule;
      const std::string why = policy::hosts::TroubleText(*passed_over.file);
      const std::string place = rule.where.file + ":" + std::to_string(rule.last_line) + ":";
      if (parts_.told != nullptr && !parts_.told->First(place + why)) continue;
      log_.Enter(rule);
      log_.Warn(why + ": the rule grants nothing");
      log_.Leave();
    }
  }

  std::string TellUnusable(const Rule& rule, Which where) {
    const auto* file = policy::hosts::UnusableFile(rule, where, request_);
    if (file == nullptr) return {};
    std::string why = policy::hosts::TroubleText(*file);
    log_.Warn(why);
    return why;
  }

  void TellMatch(const Rule& rule) {
    log_.Write(kLogDebug,
               "matched:  " + rule.where.file + " line " + std::to_string(rule.last_line));
  }

  // What Evaluate() foresaw stands, but for what only acting could tell.
  static void Apply(const ProgramEnd& end, Decision& decision) {
    if (end.end == OptionProgram::End::kTwist) {
      decision.outcome = Outcome::kTwisted;
      decision.twist_command = end.twist_command;
    }
    if (end.end == OptionProgram::End::kError) {
      decision.outcome = Outcome::kDenied;
      decision.reason = Reason::kOptionError;
      decision.why = end.why;
    }
  }

  const Parts& parts_;
  RuleLog& log_;
  const HostsPolicy& policy_;
  Request& request_;
};

Decision Gatekeeper::Decide(std::shared_ptr<const HostsPolicy> policy, Request& request) {
  Decision decision = Deciding(parts_, log_, *policy, request).Run();
  decision.policy = std::move(policy);
  return decision;
}

Decision Gatekeeper::RunOptions(const OptionProgram& program, const std::string& file,
                                std::uint32_t line, Request& request) {
  log_.Enter(file, line);
  Decision decision = DecisionOf(RunProgram(program, parts_, log_, request));
  log_.Leave();
  return decision;
}

}  // namespace postern::wrapper
