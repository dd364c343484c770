// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/options.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

#include "policy/base/syslog_names.h"
#include "policy/base/text.h"
#include "policy/service/log_codec.h"

namespace postern::daemon {
namespace {

using Status = std::expected<void, std::string>;
using Word = std::string_view;

// What an option does with its value; an option without one is given an empty word.
using Apply = Status (*)(Options&, Word value);

struct Row {
  Word xinetd;   // as xinetd spells it, or a short form; empty: none
  Word gnu;      // empty: none
  Word operand;  // what the value is, for the usage text; empty: takes none
  Apply apply;
  Word help;
};

Status Fail(std::string message) { return std::unexpected(std::move(message)); }

std::expected<std::uint32_t, std::string> Number(Word value, Word what) {
  const auto number = policy::ParseUnsigned(value, std::numeric_limits<std::int32_t>::max());
  if (!number) {
    return std::unexpected(std::string(what) + " is not a number: " + std::string(value));
  }
  return static_cast<std::uint32_t>(*number);
}

Status HasNoEffect(Options& options, Word option, Word value) {
  const auto number = Number(value, option);
  if (!number) return Fail(number.error());
  options.notices.push_back(std::string(option) + " has no effect");
  return {};
}

Status SetSyslog(Options& options, Word value) {
  const auto facility = policy::SyslogFacility(value);
  if (!facility) return Fail("unknown syslog facility: " + std::string(value));
  options.syslog_facility = *facility;
  return {};
}

Status SetLimit(Options& options, Word value) {
  const auto number = Number(value, "-limit");
  if (!number) return Fail(number.error());
  // xinetd(8): 0 means no limit.
  options.limit = *number == 0 ? std::nullopt : std::optional(*number);
  return {};
}

Status SetConsistencyCheck(Options& options, Word value) {
  const auto number = Number(value, "-cc");
  if (!number) return Fail(number.error());
  options.consistency_check =
      *number == 0 ? std::nullopt : std::optional(std::chrono::seconds(*number));
  return {};
}

Options::Learn& Learning(Options& options) {
  return options.learn ? *options.learn : options.learn.emplace();
}

Status SetLearn(Options& options, Word value) {
  Learning(options).service = value;
  options.foreground = true;
  return {};
}

std::expected<std::uint32_t, std::string> AtLeastOne(Word value, Word what) {
  auto number = Number(value, what);
  if (number && *number == 0) return std::unexpected(std::string(what) + " must not be 0");
  return number;
}

Status SetLearnConnections(Options& options, Word value) {
  const auto number = AtLeastOne(value, "--learn-connections");
  if (!number) return Fail(number.error());
  Learning(options).connections = *number;
  return {};
}

Status SetLearnSeconds(Options& options, Word value) {
  const auto number = AtLeastOne(value, "--learn-seconds");
  if (!number) return Fail(number.error());
  Learning(options).time = std::chrono::seconds(*number);
  return {};
}

template <std::string Options::* kField>
Status SetText(Options& options, Word value) {
  options.*kField = value;
  return {};
}

template <bool Options::* kField>
Status SetFlag(Options& options, Word /*value*/) {
  options.*kField = true;
  return {};
}

template <Options::Action kAction>
Status SetAction(Options& options, Word /*value*/) {
  options.action = kAction;
  return {};
}

constexpr Row kRows[] = {
    {"-f", "--config", "FILE",
     [](Options& options, Word value) -> Status {
       options.files.xinetd = value;
       return {};
     },
     "configuration file (/etc/xinetd.conf)"},
    {"-inetd_compat", "--inetd-compat", "",
     [](Options& options, Word) -> Status {
       options.files.inetd_too = true;
       return {};
     },
     "read /etc/inetd.conf too"},
    {"", "--inetd", "FILE",
     [](Options& options, Word value) -> Status {
       options.files.inetd = value;
       return {};
     },
     "read this inetd.conf too"},
    {"-t", "--check", "", &SetAction<Options::Action::kCheck>,
     "check the configuration and exit: 0 clean, 1 errors"},
    {"", "--judge-tls", "", &SetAction<Options::Action::kJudgeTls>,
     "tell postern check what is wrong with certificates and keys"},
    {"-d", "--debug", "",
     [](Options& options, Word) -> Status {
       options.debug = options.foreground = true;
       return {};
     },
     "stay in the foreground, messages to standard error"},
    {"-dontfork", "--foreground", "",
     [](Options& options, Word) -> Status {
       options.foreground = options.stay_alive = true;
       return {};
     },
     "stay in the foreground; implies -stayalive"},
    {"-stayalive", "--stay-alive", "", &SetFlag<&Options::stay_alive>,
     "run even when there is no service"},
    {"-filelog", "--file-log", "FILE", &SetText<&Options::log_file>, "messages to this file"},
    {"-syslog", "--syslog", "FACILITY", &SetSyslog, "messages to syslog (daemon)"},
    {"-pidfile", "--pid-file", "FILE", &SetText<&Options::pid_file>, "write the process id here"},
    {"-limit", "--limit", "N", &SetLimit, "servers at a time, all services together; 0: no limit"},
    {"-cc", "--consistency-check", "SECONDS", &SetConsistencyCheck,
     "check the daemon's own state that often; 0: never"},
    {"", "--learn", "SERVICE", &SetLearn, "serve this service alone, and learn what it does"},
    {"", "--learn-connections", "N", &SetLearnConnections, "end after that many servers"},
    {"", "--learn-seconds", "SECONDS", &SetLearnSeconds, "end after that long"},
    {"-logprocs", "", "N",
     [](Options& options, Word value) { return HasNoEffect(options, "-logprocs", value); },
     "accepted, has no effect"},
    {"-shutdownprocs", "", "N",
     [](Options& options, Word value) { return HasNoEffect(options, "-shutdownprocs", value); },
     "accepted, has no effect"},
    {"-reuse", "", "", [](Options&, Word) -> Status { return {}; },
     "accepted, has no effect: addresses are always reused"},
    {"-version", "--version", "", &SetAction<Options::Action::kVersion>, "print the version"},
    {"-h", "--help", "", &SetAction<Options::Action::kHelp>, "print this text"},
};

const Row* FindRow(Word name) {
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& candidate) {
    return name == candidate.xinetd || name == candidate.gnu;
  });
  return row == std::end(kRows) ? nullptr : row;
}

std::string WhyUnknown(Word name) {
  if (name == "-inetd_ipv6") {
    return "-inetd_ipv6 is not an option (xinetd ignored it): each service chooses IPv6 by its "
           "flags; remove the word from the command line, or from the init script: Debian's "
           "/etc/init.d/xinetd adds it beside -inetd_compat";
  }
  if (!name.starts_with('-') || name == "-") return "unexpected word: " + std::string(name);
  return "unknown option: " + std::string(name);
}

// --option=value in its two parts; single-dash words have no such form.
struct Split {
  Word name;
  std::optional<Word> value;
};
Split SplitAtEquals(Word word) {
  const std::size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == Word::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

Status Finish(Options& options, bool syslog_given) {
  if (options.learn && options.learn->service.empty()) {
    return Fail("--learn-connections and --learn-seconds need --learn");
  }
  if (!options.log_file.empty() && syslog_given) {
    return Fail("-filelog and -syslog exclude each other");
  }
  if (options.log_file.empty() && !syslog_given) options.syslog_facility = policy::kFacilityDaemon;
  return {};
}

}  // namespace

std::expected<Options, std::string> ParseOptions(std::span<const char* const> words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Split split = SplitAtEquals(words[i]);
    const Row* row = split.name.empty() ? nullptr : FindRow(split.name);
    if (row == nullptr) return std::unexpected(WhyUnknown(split.name));
    const std::string name(split.name);
    if (row->operand.empty() && split.value) return std::unexpected(name + " takes no value");
    if (!row->operand.empty() && !split.value) {
      // A forgotten value must not swallow the next option.
      const bool there = i + 1 < words.size() && !Word(words[i + 1]).starts_with('-');
      if (there) split.value = words[++i];
    }
    if (!row->operand.empty() && split.value.value_or("").empty()) {
      return std::unexpected(name + " needs a value: " + std::string(row->operand));
    }
    const Status applied = row->apply(options, split.value.value_or(""));
    if (!applied) return std::unexpected(applied.error());
  }
  const Status finished = Finish(options, options.syslog_facility.has_value());
  if (!finished) return std::unexpected(finished.error());
  return options;
}

std::string UsageText() {
  std::string text = "usage: posternd [OPTION...]\n";
  for (const Row& row : kRows) {
    std::string line = "  " + std::string(row.xinetd);
    if (!row.xinetd.empty() && !row.gnu.empty()) line += ", ";
    line += row.gnu;
    if (!row.operand.empty()) line += " " + std::string(row.operand);
    constexpr std::size_t kHelpColumn = 36;
    line.append(line.size() < kHelpColumn ? kHelpColumn - line.size() : 1, ' ');
    text += line + std::string(row.help) + "\n";
  }
  return text;
}

std::string VersionText() { return "posternd " POSTERN_VERSION; }

}  // namespace postern::daemon
