// SPDX-License-Identifier: BSD-2-Clause
// postern: the table of verbs.
//
// DIAGNOSTICS: exit status 0 allowed or clean, 1 denied or findings, 2 wrong usage or input that
// cannot be used; what is wrong goes to standard error.
#include <exception>

#include "wrapper/cli/verb.h"

namespace {

using postern::cli::VerbRow;

constexpr VerbRow kVerbs[] = {
    {"check", "what is wrong with the files", &postern::cli::MakeCheck},
    {"match", "may this client have this service?", &postern::cli::MakeMatch},
    {"explain", "the same, with every rule that was asked", &postern::cli::MakeExplain},
    {"test", "try files of expectations against the policy", &postern::cli::MakeTest},
    {"convert", "inetd.conf in the form of xinetd.conf", &postern::cli::MakeConvert},
    {"profile", "learn what a service does, and the lines that allow just that",
     &postern::cli::MakeProfile},
    {"diff", "for whom two policies decide differently", &postern::cli::MakeDiff},
    {"score", "what each service exposes, from what the kernel says of it",
     &postern::cli::MakeScore},
};

}  // namespace

// Arguments and JSON come from libraries that throw; what they throw ends here.
int main(int argc, char** argv) {
  try {
    return postern::cli::RunCommand(kVerbs, argc, argv);
  } catch (const std::exception& error) {
    return postern::cli::Complain(error.what());
  }
}
