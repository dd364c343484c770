// SPDX-License-Identifier: BSD-2-Clause
// The command line of one verb: what it takes, and where that goes.
//
// A thin face over CLI11, whose header is costly to compile and is included in arguments.cc alone.
// The targets must live until the command line was read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace postern::cli {

enum class Presence { kOptional, kRequired };

class Arguments {
 public:
  explicit Arguments(CLI::App& app) : app_(&app) {}

  // `name` as it is typed: "--json"; two names for the same with a comma between.
  void Flag(const char* name, bool& target, const char* help);
  // An option with a value; nullopt: not given.
  void Option(const char* name, std::optional<std::string>& target, const char* value,
              const char* help, Presence presence = Presence::kOptional);
  // The same, and the value must not be empty.
  void File(const char* name, std::optional<std::string>& target, const char* help);
  // The value must be one of `choices`.
  void Choice(const char* name, std::string& target, std::vector<std::string> choices,
              const char* help);
  // Words without an option: one, or (Operands) one and more.
  void Operand(const char* name, std::string& target, const char* help,
               Presence presence = Presence::kRequired);
  void Operands(const char* name, std::vector<std::string>& target, const char* help,
                Presence presence = Presence::kRequired);
  // More for the end of --help.
  void Footer(const char* text);

 private:
  CLI::App* app_;
};

}  // namespace postern::cli
