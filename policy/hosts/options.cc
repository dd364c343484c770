// SPDX-License-Identifier: BSD-2-Clause
// The option language, one row per keyword; see options.h. The texts of the errors are those that
// tcp_wrappers logs, because people search for them.
#include "policy/hosts/options.h"

#include <algorithm>
#include <array>
#include <expected>
#include <utility>

#include "policy/base/near_miss.h"
#include "policy/base/syslog_names.h"
#include "policy/base/text.h"
#include "policy/hosts/scan_number.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";  // between a keyword and its value
constexpr std::string_view kKeywordEnd = "= \t\r\n";

struct Problem {
  const char* code;
  std::string message;
  std::string fix;
};
// What a row's parser makes of the value: something is added to the program, or why not.
using Parsed = std::expected<void, Problem>;

std::unexpected<Problem> BadValue(std::string_view what, std::string_view value) {
  return std::unexpected(
      Problem{"bad-option-value", std::string(what) + ": \"" + std::string(value) + "\"", {}});
}

// As the language compares its words: whatever their case.
template <typename Table>
auto Find(const Table& table, std::string_view name) {
  return std::ranges::find_if(table,
                              [name](const auto& row) { return EqualsIgnoreCase(row.name, name); });
}

std::optional<int> FacilityOf(std::string_view name) {
  const auto* row = Find(kSyslogFacilities, name);
  const bool known = row != kSyslogFacilities.end() && row->in_hosts_options;
  return known ? std::optional(row->number) : std::nullopt;
}

std::optional<int> LevelOf(std::string_view name) {
  const auto* row = Find(kSyslogLevels, name);
  return row == kSyslogLevels.end() ? std::nullopt : std::optional(row->number);
}

template <typename Table>
std::string NameOf(const Table& table, int number) {
  for (const auto& row : table) {
    if (row.number == number) return std::string(row.name);
  }
  return "?";
}

Parsed ParseSeverity(std::string_view value, OptionProgram& program) {
  constexpr std::string_view kWhat = "bad syslog facility or severity";
  option::SetSeverity severity;
  std::string_view level = value;
  if (const auto dot = value.find('.'); dot != std::string_view::npos) {
    const std::string_view facility = value.substr(0, dot);
    severity.facility = FacilityOf(facility);
    if (!severity.facility) return BadValue(kWhat, facility);
    level = value.substr(dot + 1);
  }
  const std::optional<int> number = LevelOf(level);
  if (!number) return BadValue(kWhat, level);
  severity.level = *number;
  program.actions.emplace_back(severity);
  return {};
}

Parsed ParseSpawn(std::string_view value, OptionProgram& program) {
  program.actions.emplace_back(option::Spawn{std::string(value)});
  return {};
}

Parsed ParseAclexec(std::string_view value, OptionProgram& program) {
  program.actions.emplace_back(option::Aclexec{std::string(value)});
  return {};
}

Parsed ParseTwist(std::string_view value, OptionProgram& program) {
  program.end = OptionProgram::End::kTwist;
  program.twist_command = value;
  return {};
}

Parsed ParseAllow(std::string_view, OptionProgram& program) {
  program.end = OptionProgram::End::kAllow;
  return {};
}

Parsed ParseDeny(std::string_view, OptionProgram& program) {
  program.end = OptionProgram::End::kDeny;
  return {};
}

Parsed ParseKeepalive(std::string_view, OptionProgram& program) {
  program.actions.emplace_back(option::Keepalive{});
  return {};
}

Parsed ParseLinger(std::string_view value, OptionProgram& program) {
  const std::optional<int> seconds = ScanInt(value);
  if (!seconds || *seconds < 0) return BadValue("bad linger value", value);
  program.actions.emplace_back(option::Linger{*seconds});
  return {};
}

Parsed ParseRfc931(std::string_view value, OptionProgram& program) {
  option::Rfc931 ident;
  if (!value.empty()) {
    ident.timeout = ScanInt(value);
    if (!ident.timeout || *ident.timeout <= 0) return BadValue("bad rfc931 timeout", value);
  }
  program.actions.emplace_back(ident);
  return {};
}

Parsed ParseBanners(std::string_view value, OptionProgram& program) {
  program.actions.emplace_back(option::Banners{std::string(value)});
  return {};
}

Parsed ParseNice(std::string_view value, OptionProgram& program) {
  option::Nice nice;
  if (!value.empty()) {
    const std::optional<int> increment = ScanInt(value);
    if (!increment) return BadValue("bad nice value", value);
    nice.increment = *increment;
  }
  program.actions.emplace_back(nice);
  return {};
}

// A '=' that the administrator wrote into the name stays there whatever is expanded, unless it is
// the letter of an expansion itself.
bool NameHasEqualsSign(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '=') return true;
    if (name[i] == '%') ++i;
  }
  return false;
}

Parsed ParseSetenv(std::string_view value, OptionProgram& program) {
  const std::string_view name = value.substr(0, value.find_first_of(kBlanks));
  if (NameHasEqualsSign(name)) {
    // setenv(3) refuses such a name, and tcp_wrappers takes every failure for want of memory.
    return std::unexpected(Problem{"bad-option-value", "memory allocation failure",
                                   "write a blank between the name and the value of setenv"});
  }
  program.actions.emplace_back(option::Setenv{std::string(value)});
  return {};
}

Parsed ParseUmask(std::string_view value, OptionProgram& program) {
  constexpr std::uint32_t kPermissions = 0777;
  const std::optional<std::uint32_t> mask = ScanOctal(value);
  if (!mask || *mask > kPermissions) return BadValue("bad umask value", value);
  program.actions.emplace_back(option::Umask{*mask});
  return {};
}

// NAME or NAME.GROUP. Whether they exist is not known here, but an empty one never does.
Parsed ParseUser(std::string_view value, OptionProgram& program) {
  option::RunAs run_as;
  const auto dot = value.find('.');
  run_as.user = value.substr(0, dot);
  if (dot != std::string_view::npos) {
    run_as.group = value.substr(dot + 1);
    if (run_as.group.empty()) return BadValue("unknown group", "");
  }
  if (run_as.user.empty()) return BadValue("unknown user", "");
  program.actions.emplace_back(std::move(run_as));
  return {};
}

Parsed ParseGroup(std::string_view value, OptionProgram& program) {
  program.actions.emplace_back(option::RunAs{{}, std::string(value)});
  return {};
}

enum class Value : std::uint8_t { kNone, kOptional, kRequired };

struct Row {
  std::string_view keyword;
  Value value;
  bool must_be_last;
  Parsed (*parse)(std::string_view value, OptionProgram& program);
};

constexpr Row kRows[] = {
    {"allow", Value::kNone, true, ParseAllow},
    {"deny", Value::kNone, true, ParseDeny},
    {"severity", Value::kRequired, false, ParseSeverity},
    {"spawn", Value::kRequired, false, ParseSpawn},
    {"aclexec", Value::kRequired, false, ParseAclexec},
    {"twist", Value::kRequired, true, ParseTwist},
    {"keepalive", Value::kNone, false, ParseKeepalive},
    {"linger", Value::kRequired, false, ParseLinger},
    {"rfc931", Value::kOptional, false, ParseRfc931},
    {"banners", Value::kRequired, false, ParseBanners},
    {"nice", Value::kOptional, false, ParseNice},
    {"setenv", Value::kRequired, false, ParseSetenv},
    {"umask", Value::kRequired, false, ParseUmask},
    {"user", Value::kRequired, false, ParseUser},
    {"group", Value::kRequired, false, ParseGroup},
};

const Row* FindRow(std::string_view keyword) {
  for (const Row& row : kRows) {
    if (EqualsIgnoreCase(row.keyword, keyword)) return &row;
  }
  return nullptr;
}

Problem BadKeyword(std::string_view keyword) {
  std::array<std::string_view, std::size(kRows)> keywords;
  for (std::size_t i = 0; i < keywords.size(); ++i) keywords[i] = kRows[i].keyword;
  const std::string_view meant = NearMiss(keyword, keywords);
  return {"bad-option-name", "bad option name: \"" + std::string(keyword) + "\"",
          meant.empty() ? std::string() : "write \"" + std::string(meant) + "\""};
}

std::string_view SkipBlanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

// "KEYWORD VALUE", "KEYWORD=VALUE", "KEYWORD = VALUE".
std::pair<std::string_view, std::string_view> KeywordAndValue(std::string_view field) {
  const auto end = field.find_first_of(kKeywordEnd);
  if (end == std::string_view::npos) return {field, {}};
  std::string_view value = SkipBlanks(field.substr(end));
  if (value.starts_with('=')) value = SkipBlanks(value.substr(1));
  return {field.substr(0, end), value};
}

// As the rule spells it.
std::string Quoted(std::string_view keyword) { return "option \"" + std::string(keyword) + "\""; }

Parsed ParseField(std::string_view field, bool last, OptionProgram& program) {
  const auto [keyword, value] = KeywordAndValue(field);
  if (keyword.empty())
    return std::unexpected(Problem{"missing-option-name", "missing option name", {}});
  const Row* row = FindRow(keyword);
  if (row == nullptr) return std::unexpected(BadKeyword(keyword));
  if (value.empty() && row->value == Value::kRequired) {
    return std::unexpected(Problem{"option-needs-value", Quoted(keyword) + " requires value", {}});
  }
  if (!value.empty() && row->value == Value::kNone) {
    return std::unexpected(
        Problem{"option-takes-no-value", Quoted(keyword) + " requires no value", {}});
  }
  if (row->must_be_last && !last) {
    return std::unexpected(Problem{"option-not-last", Quoted(keyword) + " must be at end", {}});
  }
  return row->parse(value, program);
}

// One option as it is written: from `begin` up to the colon behind it, "\:" turned into ":".
struct Field {
  std::size_t begin = 0;
  std::string text;
  bool last = true;
  std::size_t next = 0;  // only when not the last
};

Field ReadField(std::string_view text, std::size_t begin) {
  Field field{.begin = begin, .text = {}, .last = true, .next = 0};
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == ':') {
      field.last = false;
      field.next = i + 1;
      return field;
    }
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ':') ++i;
    field.text += text[i];
  }
  return field;
}

SourceLocation PlaceOf(const Field& field, SourceLocation where) {
  const auto first = std::ranges::find_if_not(field.text, IsSpace);
  const auto blanks = static_cast<std::size_t>(first - field.text.begin());
  // Line 0 is a place without columns.
  if (where.line != 0) where.column += static_cast<std::uint32_t>(field.begin + blanks);
  return where;
}

}  // namespace

OptionProgram ParseOptions(std::string_view text, const SourceLocation& where) {
  OptionProgram program;
  for (std::size_t begin = 0;;) {
    const Field field = ReadField(text, begin);
    const Parsed parsed = ParseField(Trimmed(field.text), field.last, program);
    if (!parsed) {
      program.end = OptionProgram::End::kError;
      program.error = Diagnostic{Severity::kError,       parsed.error().code, PlaceOf(field, where),
                                 parsed.error().message, parsed.error().fix,  {}};
      return program;
    }
    if (field.last) return program;
    begin = field.next;
  }
}

namespace {

// A value that itself begins with the sign that may stand behind the keyword needs one in front.
std::string Printed(const char* keyword, const std::string& value) {
  return std::string(keyword) + (value.starts_with('=') ? " = " : " ") + value;
}

std::string Octal(std::uint32_t number) {
  std::string digits;
  for (; number != 0 || digits.empty(); number >>= 3U) {
    digits.insert(digits.begin(), static_cast<char>('0' + (number & 7U)));
  }
  return digits;
}

struct Printer {
  std::string operator()(const option::SetSeverity& o) const {
    std::string text;
    if (o.facility) text = NameOf(kSyslogFacilities, *o.facility) + ".";
    return Printed("severity", text + NameOf(kSyslogLevels, o.level));
  }
  std::string operator()(const option::Spawn& o) const { return Printed("spawn", o.command); }
  std::string operator()(const option::Aclexec& o) const { return Printed("aclexec", o.command); }
  std::string operator()(const option::Keepalive&) const { return "keepalive"; }
  std::string operator()(const option::Linger& o) const {
    return Printed("linger", std::to_string(o.seconds));
  }
  std::string operator()(const option::Rfc931& o) const {
    return o.timeout ? Printed("rfc931", std::to_string(*o.timeout)) : "rfc931";
  }
  std::string operator()(const option::Banners& o) const { return Printed("banners", o.directory); }
  std::string operator()(const option::Nice& o) const {
    return Printed("nice", std::to_string(o.increment));
  }
  std::string operator()(const option::Setenv& o) const {
    return Printed("setenv", o.name_and_value);
  }
  std::string operator()(const option::Umask& o) const { return Printed("umask", Octal(o.mask)); }
  std::string operator()(const option::RunAs& o) const {
    if (o.user.empty()) return Printed("group", o.group);
    return Printed("user", o.user + (o.group.empty() ? "" : "." + o.group));
  }
};

}  // namespace

std::string OptionText(const OptionAction& action) { return std::visit(Printer{}, action); }

}  // namespace postern::policy::hosts
