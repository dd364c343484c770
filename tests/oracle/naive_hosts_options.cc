// SPDX-License-Identifier: BSD-2-Clause
#include "tests/oracle/naive_hosts_options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <string_view>

#include "tests/oracle/naive_hosts_patterns.h"

namespace postern::oracle {
namespace {

using Verdict = HostsAnswer::Verdict;

constexpr std::size_t kLongestExpansion = 8190;
constexpr const char* kBlanks = " \t\r\n";

struct Surroundings {
  const HostsWorld* world = nullptr;  // null: told from the text alone
  const HostsCaller* caller = nullptr;
};

std::string Trimmed(std::string text) {
  const auto blank = [](char byte) { return std::isspace(static_cast<unsigned char>(byte)) != 0; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  while (!text.empty() && blank(text.front())) text.erase(0, 1);
  return text;
}

std::string Filtered(std::string value) {
  constexpr std::string_view kHarmless = "!@%-_=+:,./";
  for (char& byte : value) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    const bool digit = byte >= '0' && byte <= '9';
    if (!letter && !digit && kHarmless.find(byte) == std::string_view::npos) byte = '_';
  }
  return value;
}

bool Known(const std::string& value) { return !EqualFolded(value, "unknown"); }

std::string HostInfo(const std::string& name, const std::string& address) {
  return Known(name) && !EqualFolded(name, "paranoid") ? name : address;
}

std::string Letter(char letter, const HostsCaller& caller) {
  const std::string client = HostInfo(caller.client_name, caller.client_address);
  const std::string server = HostInfo(caller.server_name, caller.server_address);
  switch (letter) {
    case 'a':
      return caller.client_address;
    case 'A':
      return caller.server_address;
    case 'n':
      return caller.client_name;
    case 'N':
      return caller.server_name;
    case 'h':
      return client;
    case 'H':
      return server;
    case 'u':
      return caller.user;
    case 'c':
      return Known(caller.user) ? caller.user + "@" + client : client;
    case 's':
      return server == "unknown" ? caller.daemon : caller.daemon + "@" + server;
    case 'd':
      return caller.daemon;
    case 'p':
      return "12345";
    case 'r':
      return "0";
    case 'R':
      return std::to_string(caller.server_port.value_or(0));
    case '%':
      return "%";
    default:
      return "";
  }
}

std::string Expanded(const std::string& text, const HostsCaller& caller) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%' || at + 1 == text.size()) {
      result += text[at];
    } else {
      result += Filtered(Letter(text[++at], caller));
    }
  }
  return result;
}

bool OneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view candidate) { return EqualFolded(word, candidate); });
}

bool GoodSeverity(const std::string& value) {
  const std::size_t dot = value.find('.');
  const std::string level = dot == std::string::npos ? value : value.substr(dot + 1);
  if (!OneOf(level, {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"})) {
    return false;
  }
  return dot == std::string::npos ||
         OneOf(value.substr(0, dot),
               {"kern", "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron", "local0",
                "local1", "local2", "local3", "local4", "local5", "local6", "local7"});
}

// One number and nothing behind it, as the C library scans it.
std::optional<int> Number(const std::string& value) {
  int number = 0;
  char behind = 0;
  if (std::sscanf(value.c_str(), "%d%c", &number, &behind) != 1) return std::nullopt;
  return number;
}

bool GoodUmask(const std::string& value) {
  unsigned mask = 0;
  char behind = 0;
  return std::sscanf(value.c_str(), "%o%c", &mask, &behind) == 1 && mask <= 0777;
}

bool GoodSetenv(const std::string& value, bool expanded) {
  const std::string written = value.substr(0, value.find_first_of(kBlanks));
  // What an expansion will give is not known yet; the rest of the name stays as it is.
  std::string name;
  for (std::size_t at = 0; at < written.size(); ++at) {
    const bool expansion = !expanded && written[at] == '%';
    name += expansion ? 'x' : written[at];
    if (expansion) ++at;
  }
  return !name.empty() && name.find('=') == std::string::npos;
}

bool GoodAccount(const std::string& user, const std::optional<std::string>& group,
                 const Surroundings& around) {
  if (user.empty() || group == "") return false;
  if (around.world == nullptr) return true;
  return around.world->users.contains(user) && (!group || around.world->groups.contains(*group));
}

bool GoodValue(const std::string& keyword, const std::string& value, const Surroundings& around) {
  if (keyword == "severity") return GoodSeverity(value);
  if (keyword == "linger") return Number(value).value_or(-1) >= 0;
  if (keyword == "rfc931") return value.empty() || Number(value).value_or(0) > 0;
  if (keyword == "nice") return value.empty() || Number(value).has_value();
  if (keyword == "umask") return GoodUmask(value);
  if (keyword == "setenv") return GoodSetenv(value, around.caller != nullptr);
  if (keyword == "group") return around.world == nullptr || around.world->groups.contains(value);
  if (keyword == "user") {
    const std::size_t dot = value.find('.');
    const bool split = dot != std::string::npos;
    return GoodAccount(value.substr(0, dot),
                       split ? std::optional(value.substr(dot + 1)) : std::nullopt, around);
  }
  return true;
}

enum class Takes : std::uint8_t { kNothing, kMaybe, kValue };

struct Keyword {
  const char* name;
  Takes takes;
  bool last, expanded;
};

constexpr std::array<Keyword, 15> kKeywords = {{
    {"allow", Takes::kNothing, true, false},
    {"deny", Takes::kNothing, true, false},
    {"severity", Takes::kValue, false, false},
    {"spawn", Takes::kValue, false, true},
    {"aclexec", Takes::kValue, false, true},
    {"twist", Takes::kValue, true, true},
    {"keepalive", Takes::kNothing, false, false},
    {"linger", Takes::kValue, false, false},
    {"rfc931", Takes::kMaybe, false, false},
    {"banners", Takes::kValue, false, false},
    {"nice", Takes::kMaybe, false, false},
    {"setenv", Takes::kValue, false, true},
    {"umask", Takes::kValue, false, false},
    {"user", Takes::kValue, false, false},
    {"group", Takes::kValue, false, false},
}};

// What one field decides; nullopt: the next one goes on.
std::optional<Verdict> Field(const std::string& field, bool more, const Surroundings& around,
                             RuleBook book) {
  const std::size_t name_end = std::min(field.find_first_of(" \t\r\n="), field.size());
  std::size_t value_at = std::min(field.find_first_not_of(kBlanks, name_end), field.size());
  if (value_at < field.size() && field[value_at] == '=') {
    value_at = std::min(field.find_first_not_of(kBlanks, value_at + 1), field.size());
  }
  std::string value = field.substr(value_at);
  const auto keyword = std::find_if(kKeywords.begin(), kKeywords.end(), [&](const Keyword& row) {
    return EqualFolded(row.name, field.substr(0, name_end));
  });
  if (keyword == kKeywords.end()) return Verdict::kDeny;
  if (keyword->takes == Takes::kNothing && !value.empty()) return Verdict::kDeny;
  if (keyword->takes == Takes::kValue && value.empty()) return Verdict::kDeny;
  if (keyword->last && more) return Verdict::kDeny;
  const std::string name = keyword->name;
  if (keyword->expanded && around.caller != nullptr) {
    value = Expanded(value, *around.caller);
    if (value.size() > kLongestExpansion) {
      return book == RuleBook::kPostern ? Verdict::kDeny : Verdict::kDies;
    }
    value = Trimmed(value);
  }
  if (!GoodValue(name, value, around)) return Verdict::kDeny;
  if (name == "allow") return Verdict::kAllow;
  if (name == "deny") return Verdict::kDeny;
  if (name == "twist") return Verdict::kTwist;
  return std::nullopt;
}

Verdict Run(const std::string& text, Verdict table_verdict, const Surroundings& around,
            RuleBook book) {
  std::string field;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const bool end = at == text.size();
    if (!end && text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ':') {
      field += text[++at];
    } else if (!end && text[at] != ':') {
      field += text[at];
    } else {
      if (const auto decided = Field(Trimmed(field), !end, around, book)) return *decided;
      field.clear();
    }
  }
  return table_verdict;
}

}  // namespace

Verdict NaiveOptions(const std::string& text, Verdict table_verdict, const HostsWorld& world,
                     const HostsCaller& caller, RuleBook book) {
  return Run(text, table_verdict, {&world, &caller}, book);
}

Verdict NaiveOptionsByText(const std::string& text, Verdict table_verdict) {
  return Run(text, table_verdict, {}, RuleBook::kPostern);
}

}  // namespace postern::oracle
