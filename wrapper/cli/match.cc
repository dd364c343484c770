// SPDX-License-Identifier: BSD-2-Clause
// postern match: may this client have this service? Exit 0 allow, 1 deny.
#include <iostream>

#include "policy/base/diagnostic.h"
#include "wrapper/cli/batch.h"
#include "wrapper/cli/decide.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/cli/question_options.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

std::string AnswerText(const Answer& answer) {
  std::string text = answer.allowed ? "allow" : "deny";
  text += ": " + answer.reason;
  if (answer.rule != nullptr) {
    text += " (" + policy::EscapeText(answer.rule->file);
    if (answer.rule->line != 0) text += ":" + std::to_string(answer.rule->line);
    text += ")";
  }
  return text;
}

class Match final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    question_.Declare(arguments);
    arguments.Flag("--batch", batch_,
                   "read one JSON object a line, with the keys daemon client_addr client_name user "
                   "server_addr server_name server_port service proxy_addr at, and answer one a "
                   "line");
    policy_.Declare(arguments);
    arguments.Footer(
        "What is not given is unknown. Nothing is looked up and no command is run. Limits that\n"
        "count connections (cps, instances, per_source, max_load) are not simulated.\n"
        "Exit status: 0 allow, 1 deny, 2 wrong usage or unusable input.");
  }

  int Run(Output& output) override {
    if (batch_ && !question_.empty()) {
      return Complain("--batch reads every question from standard input; give none here");
    }
    const auto question = batch_ ? Question{} : question_.Read();
    if (!question) return Complain(question.error());
    const bool services = batch_ || question->service;
    const auto files = LoadPolicy(services ? policy_.Paths() : policy_.PathsWithoutServices());
    if (!files) return Complain(files.error());
    const wrapper::RealSystem accounts("/");
    const Decider decider(*files, accounts);
    return batch_ ? Batch(decider, output) : One(decider, *question, output);
  }

 private:
  int One(const Decider& decider, const Question& question, Output& output) {
    const auto answer = decider.Decide(question);
    if (!answer) return Complain("--" + answer.error());
    output.Line(policy_.json ? AnswerJson(*answer) : AnswerText(*answer));
    return answer->allowed ? kClean : kFindings;
  }

  static int Batch(const Decider& decider, Output& output) {
    std::ios::sync_with_stdio(false);
    const bool all = AnswerBatch(decider, std::cin, output);
    return all ? kClean : kUnusable;
  }

  QuestionOptions question_;
  PolicyOptions policy_;
  bool batch_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeMatch() { return std::make_unique<Match>(); }

}  // namespace postern::cli
