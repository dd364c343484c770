// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "wrapper/cli/verb.h"

namespace postern::cli {
namespace {

struct Declared {
  CLI::App* app = nullptr;
  std::unique_ptr<Verb> verb;
};

std::vector<Declared> DeclareAll(CLI::App& root, std::span<const VerbRow> rows) {
  std::vector<Declared> verbs;
  for (const VerbRow& row : rows) {
    Declared declared{root.add_subcommand(row.name, row.summary), row.make()};
    Arguments arguments(*declared.app);
    declared.verb->Declare(arguments);
    verbs.push_back(std::move(declared));
  }
  return verbs;
}

// What is asked of the command itself rather than of a verb, and mistakes.
int Answer(const CLI::App& root, const CLI::ParseError& error, Output& output) {
  if (error.get_name() == "CallForVersion") {
    output.Line(error.what());
    return output.Flush() ? kClean : kUnusable;
  }
  if (error.get_name() == "CallForHelp") {
    output.Write(root.help());
    return output.Flush() ? kClean : kUnusable;
  }
  return Complain(std::string(error.what()) + " (postern --help, postern VERB --help)");
}

// CLI11 would tell every word behind an unknown verb, from the last to the first.
bool IsUnknownVerb(std::span<const VerbRow> rows, std::string_view word) {
  return !word.starts_with('-') &&
         std::ranges::none_of(rows, [word](const VerbRow& row) { return row.name == word; });
}

}  // namespace

void Arguments::Flag(const char* name, bool& target, const char* help) {
  app_->add_flag(name, target, help);
}

void Arguments::Option(const char* name, std::optional<std::string>& target, const char* value,
                       const char* help, Presence presence) {
  app_->add_option_function<std::string>(
          name, [&target](const std::string& text) { target = text; }, help)
      ->type_name(value)
      ->required(presence == Presence::kRequired);
}

void Arguments::File(const char* name, std::optional<std::string>& target, const char* help) {
  Option(name, target, "FILE", help);
  const std::string names = name;
  app_->get_option(names.substr(0, names.find(',')))->check([](const std::string& text) {
    return std::string(text.empty() ? "needs a file name" : "");
  });
}

void Arguments::Choice(const char* name, std::string& target, std::vector<std::string> choices,
                       const char* help) {
  app_->add_option(name, target, help)->check(CLI::IsMember(std::move(choices)));
}

void Arguments::Operand(const char* name, std::string& target, const char* help,
                        Presence presence) {
  app_->add_option(name, target, help)->type_name("")->required(presence == Presence::kRequired);
}

void Arguments::Operands(const char* name, std::vector<std::string>& target, const char* help,
                         Presence presence) {
  app_->add_option(name, target, help)->type_name("")->required(presence == Presence::kRequired);
}

void Arguments::Footer(const char* text) { app_->footer(text); }

int RunCommand(std::span<const VerbRow> verbs, int argc, const char* const* argv) {
  CLI::App root("Check, ask, explain, test and compare the files that say who may enter.",
                "postern");
  root.set_version_flag("--version", "postern " POSTERN_VERSION);
  root.require_subcommand(0, 1);
  if (argc > 1 && IsUnknownVerb(verbs, argv[1])) {
    return Complain("unknown verb: " + std::string(argv[1]) + " (postern --help)");
  }
  const std::vector<Declared> declared = DeclareAll(root, verbs);
  Output output;
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Answer(root, error, output);
  }
  for (const Declared& verb : declared) {
    if (!verb.app->parsed()) continue;
    const int status = verb.verb->Run(output);
    return output.Flush() ? status : Complain("standard output cannot be written");
  }
  return Complain("a verb is missing (postern --help)");
}

}  // namespace postern::cli
