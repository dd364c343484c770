// SPDX-License-Identifier: BSD-2-Clause
// postern diff: for whom two policies decide differently. Exit 0 for nobody, 1 for somebody.
#include "policy/base/diagnostic.h"
#include "wrapper/cli/diff_report.h"
#include "wrapper/cli/diff_sides.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/cli/verb.h"

namespace postern::cli {
namespace {

class Diff final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    sides_.Declare(arguments);
    arguments.Choice("--fail-on", fail_on_, {"any", "widen"},
                     "which differences give exit status 1: any, or those that allow more");
    policy_.Declare(arguments);
    arguments.Footer(
        "A file that is named with an option is part of both policies; nothing of the system's\n"
        "is. Every IPv4 and IPv6 address is looked at, and every daemon, name and user that the\n"
        "rules tell apart. Times of access and limits that count connections are left aside, and\n"
        "commands (aclexec) count as successful.\n"
        "Exit status: 0 no difference, 1 differences, 2 wrong usage or unusable input.");
  }

  int Run(Output& output) override {
    const auto sides = sides_.Load(policy_);
    if (!sides) return Complain(sides.error());
    const auto diff = policy::analysis::Compare(sides->before, sides->after);
    if (!diff) return Complain(policy::RenderOneLine(diff.error()));
    if (policy_.json) {
      PrintDiffJson(**diff, output);
    } else {
      PrintDiff(**diff, output);
    }
    const bool fails = fail_on_ == "widen" ? (*diff)->widens() : !(*diff)->differences.empty();
    return fails ? kFindings : kClean;
  }

 private:
  DiffSides sides_;
  PolicyOptions policy_;
  std::string fail_on_ = "any";
};

}  // namespace

std::unique_ptr<Verb> MakeDiff() { return std::make_unique<Diff>(); }

}  // namespace postern::cli
