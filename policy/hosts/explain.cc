// SPDX-License-Identifier: BSD-2-Clause
// Every rule in its turn, with words.
#include "policy/hosts/explain.h"

#include <utility>

#include "policy/hosts/rule_match.h"
#include "policy/hosts/rule_verdict.h"

namespace postern::policy::hosts {
namespace {

std::string NameText(const std::optional<Subject>& name) {
  return name ? "name " + std::string(name->text()) : "name was not asked for";
}

std::string_view NeedText(const Need& need) {
  switch (need.what) {
    case Needed::kClientName:
      return "the name of the client must be asked for";
    case Needed::kUser:
      return "the user must be asked for";
    case Needed::kServerName:
      return "the name of the server must be asked for";
    case Needed::kNetgroup:
      return "the netgroup must be asked for";
  }
  return "unknown";
}

// What a host pattern was held against.
std::string HostText(const HostPattern& host, const Matcher::End& end) {
  const std::string address = "address " + std::string(end.address.text());
  if (const auto* file = std::get_if<std::shared_ptr<const PatternFile>>(&host.meaning)) {
    const std::string patterns = std::to_string((*file)->patterns.size()) + " patterns of the file";
    return address + ", " + NameText(end.name) + " against " + patterns;
  }
  if (std::holds_alternative<Ipv4Net>(host.meaning) ||
      std::holds_alternative<Ipv6Net>(host.meaning)) {
    return address;
  }
  if (std::holds_alternative<NeverMatches>(host.meaning)) return "no network: never matches";
  if (std::holds_alternative<Netgroup>(host.meaning) ||
      std::holds_alternative<HostPattern::Local>(host.meaning)) {
    return NameText(end.name);
  }
  const auto* text = std::get_if<TextPattern>(&host.meaning);
  if (text && (!host.compares_name || Matches(*text, end.address))) return address;
  return address + ", " + NameText(end.name);
}

std::string DaemonText(const DaemonToken& token, Matcher& matcher) {
  std::string why = "daemon " + std::string(matcher.daemon().text());
  if (std::holds_alternative<std::uint16_t>(token.daemon)) why = "port of the server";
  const bool server_counts = token.server && matcher.Match(token.daemon);
  if (server_counts) why += ", server " + HostText(*token.server, matcher.server());
  return why;
}

std::string ClientText(const ClientToken& token, Matcher& matcher) {
  std::string why = HostText(token.host, matcher.client());
  if (!token.user) return why;
  const std::optional<Subject>& user = matcher.user();
  return why + ", " + (user ? "user " + std::string(user->text()) : "user was not asked for");
}

std::string UnusableText(const PatternFile& file, bool refuses) {
  return file.path + " cannot be used (" + file.error +
         (refuses ? "): the rule refuses" : "): the rule does not match");
}

class Explainer {
 public:
  Explainer(const Request& request, std::vector<RuleStep>& steps)
      : matcher_(request), steps_(steps) {}

  std::optional<Verdict> Table(const hosts::Table& table) {
    for (const Rule& rule : table.rules) {
      const Answer answer = RuleAnswer(rule, table.which);
      if (answer != Answer::kNo) return VerdictOf(rule, table.which, answer, matcher_);
    }
    return VerdictAtEnd(table);
  }

 private:
  Answer RuleAnswer(const Rule& rule, Which which) {
    RuleStep& step = steps_.emplace_back();
    step.rule = &rule;
    const Effect effect = EffectOf(rule, which);
    Answer answer = Side(rule.daemons, effect, DaemonText, step.daemons);
    if (answer == Answer::kYes) answer = Side(rule.clients, effect, ClientText, step.clients);
    const Answer settled = Settle(answer, rule, which);
    if (answer == Answer::kUnusable) {
      step.note = UnusableText(*matcher_.unusable(), settled == Answer::kUnusable);
    }
    if (answer == Answer::kNeed) step.note = NeedText(matcher_.need());
    if (answer == Answer::kUntold) step.note = std::string(ReasonText(Reason::kNoAnswer));
    step.matched = settled != Answer::kNo && settled != Answer::kNeed;
    return settled;
  }

  template <typename Token>
  Answer Side(const List<Token>& list, Effect effect,
              std::string (*describe)(const Token&, Matcher&), std::vector<TokenStep>& steps) {
    return MatchList(list, [&](const Token& token, std::size_t depth) {
      const Answer answer = matcher_.Match(token, MalformedMatches(effect, depth));
      steps.push_back({token.text, answer == Answer::kYes, describe(token, matcher_)});
      if (depth > 0) steps.back().why += " (behind EXCEPT)";
      return answer;
    });
  }

  Matcher matcher_;
  std::vector<RuleStep>& steps_;
};

}  // namespace

Explanation Explain(const HostsPolicy& policy, const Request& request, Which from) {
  Explanation explanation;
  Explainer explainer(request, explanation.steps);
  std::optional<Verdict> verdict;
  if (from == Which::kAllow) verdict = explainer.Table(policy.allow());
  if (!verdict) verdict = explainer.Table(policy.deny());
  explanation.verdict = verdict.value_or(Allow{.reason = Reason::kNoRule, .rule = nullptr});
  return explanation;
}

}  // namespace postern::policy::hosts
