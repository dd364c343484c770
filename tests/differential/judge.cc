// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/judge.h"

#include "tests/differential/libwrap_surroundings.h"

namespace postern::differential {
namespace {

using oracle::HostsAnswer;
using oracle::NaiveHostsAccess;
using oracle::RuleBook;
using Verdict = HostsAnswer::Verdict;

// How far a client gets: not at all, to what `twist` puts in the service's place, to the service.
int Reach(const HostsAnswer& answer) {
  if (answer.verdict == Verdict::kDeny) return 0;
  return answer.verdict == Verdict::kTwist ? 1 : 2;
}

std::string Complaint(const Judgement& judgement) {
  const bool asked = judgement.ancestor.verdict != Verdict::kDies;
  if (asked && judgement.real != judgement.ancestor) return "the oracle is not as the real libwrap";
  if (judgement.postern != judgement.expected) return "postern is not as the oracle";
  // Whether an account exists is not the policy's to know, so it cannot count for the direction.
  if (asked && !judgement.ancestor.late_error && Reach(judgement.postern) > Reach(judgement.real)) {
    return "postern grants more than the real libwrap";
  }
  return "";
}

}  // namespace

void Judge::Enter(const oracle::HostsWorld& world) {
  world_ = &world;
  folder_.Stage(world);
  SetSurroundings(&world);
  postern_.Compile(world, folder_.allow_path(), folder_.deny_path());
}

Judgement Judge::Ask(const oracle::HostsCaller& caller) {
  Judgement judgement;
  judgement.ancestor = NaiveHostsAccess(*world_, caller, RuleBook::kTcpWrappers);
  judgement.expected = NaiveHostsAccess(*world_, caller, RuleBook::kPostern);
  judgement.postern = postern_.Decide(caller);
  if (judgement.ancestor.verdict != Verdict::kDies) {
    judgement.real = libwrap_.Decide(folder_.allow_path(), folder_.deny_path(), caller);
  }
  judgement.deliberate = judgement.expected.verdict != judgement.ancestor.verdict;
  judgement.complaint = Complaint(judgement);
  return judgement;
}

std::string ToText(const HostsAnswer& answer) {
  constexpr const char* kVerdicts[] = {"allow", "deny", "twist", "dies"};
  std::string text = kVerdicts[static_cast<std::size_t>(answer.verdict)];
  if (answer.line == 0) return text + " without a rule";
  return text + " by hosts." + (answer.table == 'a' ? "allow" : "deny") + " line " +
         std::to_string(answer.line);
}

}  // namespace postern::differential
