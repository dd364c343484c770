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
  Options(const Rule& rule, hosts::Which which, OptionFiles& files)
      : rule_(rule), effect_(hosts::EffectOf(rule, which)), files_(files) {}

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
    if (!run_as.user.empty() && !files_.view().UserByName(run_as.user)) {
      Add(Severity::kError, "unknown-user", run_as.user,
          "there is no user " + Quote(run_as.user) + ", so every client is refused");
    }
    if (!run_as.group.empty() && !files_.view().GroupByName(run_as.group)) {
      Add(Severity::kError, "unknown-group", run_as.group,
          "there is no group " + Quote(run_as.group) + ", so every client is refused");
    }
  }
  void operator()(const option::Banners& banners) {
    const std::string why = files_.WhyNotListed(banners.directory);
    if (why.empty()) return;
    Add(Severity::kWarning, "missing-banners", banners.directory,
        "the banners in " + banners.directory + " cannot be read: " + why);
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
    const std::string why = files_.WhyNotExecutable(program);
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
  OptionFiles& files_;
  Diagnostics findings_;
};

}  // namespace

bool OptionFiles::MayAsk() {
  exhausted_ |= programs_.size() + directories_.size() >= kMaxFiles;
  return !exhausted_;
}

std::string OptionFiles::WhyNotExecutable(const std::string& program) {
  if (const auto known = programs_.find(program); known != programs_.end()) return known->second;
  if (!MayAsk()) return {};
  return programs_[program] = system_.WhyNotExecutable(program);
}

std::string OptionFiles::WhyNotListed(const std::string& directory) {
  const auto known = directories_.find(directory);
  if (known != directories_.end()) return known->second;
  if (!MayAsk()) return {};
  return directories_[directory] = system_.ListDirectory(directory).error;
}

Diagnostics FindOptions(const Rule& rule, hosts::Which which, OptionFiles& files) {
  return Options(rule, which, files).Find();
}

}  // namespace postern::policy::check
