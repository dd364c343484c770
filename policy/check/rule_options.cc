// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/rule_options.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "policy/check/rule_place.h"
#include "policy/hosts/rule_match.h"

namespace postern::policy::check {
namespace {

using hosts::Rule;
namespace option = hosts::option;

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

// "/usr/bin/logger" of "(/usr/bin/logger -t x) &"; empty when the shell would look for it.
std::string ProgramOf(std::string_view command) {
  const std::size_t begin = command.find_first_not_of(" \t(");
  if (begin == std::string_view::npos || command[begin] != '/') return {};
  command.remove_prefix(begin);
  const std::string_view path = command.substr(0, command.find_first_of(" \t;&|()<>\"'"));
  return path.find_first_of("%*?$\\`") == std::string_view::npos ? std::string(path)
                                                                 : std::string();
}

class Options {
 public:
  Options(const Rule& rule, hosts::Which which, const SystemView& system)
      : rule_(rule), effect_(hosts::EffectOf(rule, which)), system_(system) {}

  Diagnostics Find() {
    if (!rule_.options) return {};
    for (const hosts::OptionAction& action : rule_.options->actions) std::visit(*this, action);
    Command(rule_.options->twist_command);
    return std::move(findings_);
  }

  void operator()(const option::Spawn& spawn) { Command(spawn.command); }
  void operator()(const option::Aclexec& aclexec) { Command(aclexec.command); }
  void operator()(const option::RunAs& run_as) {
    NoEffect(run_as.user.empty() ? "group" : "user");
    if (!run_as.user.empty() && !system_.UserByName(run_as.user)) {
      Add(Severity::kError, "unknown-user", run_as.user,
          "there is no user " + Quote(run_as.user) + ", so every client is refused");
    }
    if (!run_as.group.empty() && !system_.GroupByName(run_as.group)) {
      Add(Severity::kError, "unknown-group", run_as.group,
          "there is no group " + Quote(run_as.group) + ", so every client is refused");
    }
  }
  void operator()(const option::Banners& banners) {
    const SystemView::Directory directory = system_.ListDirectory(banners.directory);
    if (directory.error.empty()) return;
    Add(Severity::kWarning, "missing-banners", banners.directory,
        "the banners in " + banners.directory + " cannot be read: " + directory.error);
  }
  void operator()(const option::Keepalive&) { NoEffect("keepalive"); }
  void operator()(const option::Linger&) { NoEffect("linger"); }
  void operator()(const option::Nice&) { NoEffect("nice"); }
  void operator()(const option::SetSeverity&) {}
  void operator()(const option::Rfc931&) {}
  void operator()(const option::Setenv&) {}
  void operator()(const option::Umask&) {}

 private:
  void Command(const std::string& command) {
    const std::string program = ProgramOf(command);
    if (program.empty()) return;
    const std::string why = system_.WhyNotExecutable(program);
    if (why.empty()) return;
    Add(Severity::kWarning, "missing-command", program, program + " cannot be run: " + why);
  }

  // Nothing is started for a client that is refused.
  void NoEffect(std::string_view keyword) {
    if (effect_ != hosts::Effect::kRefuses) return;
    Add(Severity::kNote, "option-without-effect", keyword,
        "the option " + std::string(keyword) + " does nothing in a rule that refuses");
  }

  void Add(Severity severity, const char* code, std::string_view word, std::string message) {
    const std::size_t clients = hosts::FindOutsideBrackets(rule_.text, ':') + 1;
    const std::size_t options = hosts::FindOutsideBrackets(rule_.text, ':', clients);
    const std::size_t at = rule_.text.find(word, options);
    const auto column =
        at == std::string::npos ? rule_.where.column : static_cast<std::uint32_t>(at + 1);
    findings_.push_back(AtWord(rule_, column, severity, code, std::move(message)));
  }

  const Rule& rule_;
  hosts::Effect effect_;
  const SystemView& system_;
  Diagnostics findings_;
};

}  // namespace

Diagnostics FindOptions(const Rule& rule, hosts::Which which, const SystemView& system) {
  return Options(rule, which, system).Find();
}

}  // namespace postern::policy::check
