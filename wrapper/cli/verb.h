// SPDX-License-Identifier: BSD-2-Clause
// A verb of the postern command: `postern VERB ARGUMENT…`. main.cc has the table of them.
#pragma once

#include <memory>
#include <span>

#include "wrapper/cli/arguments.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

class Verb {
 public:
  virtual ~Verb() = default;
  // Called once, before the command line is read, whichever verb it names.
  virtual void Declare(Arguments& arguments) = 0;
  // Called when the command line names this verb; returns the exit status.
  virtual int Run(Output& output) = 0;
};

struct VerbRow {
  const char* name;
  const char* summary;  // one line, without a full stop
  std::unique_ptr<Verb> (*make)();
};

// Reads the command line and runs the verb it names. `argv` as main() was given it.
int RunCommand(std::span<const VerbRow> verbs, int argc, const char* const* argv);

// One maker for each row of the table.
std::unique_ptr<Verb> MakeCheck();
std::unique_ptr<Verb> MakeConvert();
std::unique_ptr<Verb> MakeMatch();
std::unique_ptr<Verb> MakeExplain();
std::unique_ptr<Verb> MakeTest();
std::unique_ptr<Verb> MakeDiff();
std::unique_ptr<Verb> MakeScore();
std::unique_ptr<Verb> MakeProfile();

}  // namespace postern::cli
