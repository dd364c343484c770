// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/foreign_file.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "policy/address/ip_address.h"

namespace postern::policy::check {
namespace {

constexpr std::size_t kFewLines = 3;
constexpr std::size_t kLongWord = 48;

// What parsers say of lines that were not written for them.
constexpr std::string_view kForeignToXinetd[] = {"unknown-keyword", "missing-operator",
                                                 "bad-operator", "brace-not-alone"};
constexpr std::string_view kForeignToInetd[] = {"missing-field",    "bad-socket-type",
                                                "bad-service-name", "bad-protocol",
                                                "bad-wait",         "unbalanced-quote"};

bool Contains(std::span<const std::string_view> codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

std::string_view FirstWord(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.substr(0, line.find_first_of(", \t#"));
}

// A list of clients that somebody forgot to write daemons in front of is a mistake, not foreign.
bool IsClient(std::string_view line) {
  const std::string_view word = FirstWord(line);
  return IpAddress::Parse(word.substr(0, word.find('/'))).has_value();
}

bool HasImpossibleDaemon(const hosts::Rule& rule) {
  const auto impossible = [](const hosts::DaemonToken& token) {
    return token.text.find_first_of("\"'(){}<>;=|&$\\") != std::string::npos ||
           std::ranges::any_of(token.text, [](char c) {
             return static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~';
           });
  };
  return std::ranges::any_of(rule.daemons.front(), impossible);
}

Diagnostic Say(const char* code, SourceLocation where, std::string message) {
  return {Severity::kError, code, std::move(where), std::move(message), {}, {}};
}

}  // namespace

std::optional<Diagnostic> WhyNotHostsFile(const hosts::Table& table) {
  std::size_t foreign = 0, binary = 0, missing = 0;
  bool blob = false;
  const Diagnostic* first = nullptr;
  for (const Diagnostic& finding : table.diagnostics) {
    if (finding.code == "nul-byte") ++binary;
    if (finding.code != "missing-colon" && finding.code != "unbalanced-brackets") continue;
    ++missing;
    if (IsClient(finding.source_line)) continue;
    ++foreign;
    blob |= FirstWord(finding.source_line).size() >= kLongWord;
    if (first == nullptr) first = &finding;
  }
  const auto odd =
      static_cast<std::size_t>(std::ranges::count_if(table.rules, HasImpossibleDaemon));
  const std::size_t good = table.rules.size() - odd;
  constexpr const char* kCode = "not-hosts-file";
  if (binary > 0 && good <= binary) {
    return Say(kCode, {table.path, 1, 1}, "this is not a hosts file: it is not text");
  }
  const bool lines_say_so = foreign >= kFewLines && foreign > missing / 2 && good < foreign / 4 + 1;
  if (lines_say_so || (blob && good == 0)) {
    return Say(kCode, first->where,
               "this is not a hosts file: its lines have no \"daemons : clients\"");
  }
  if (odd >= kFewLines && odd > good) {
    return Say(kCode, {table.path, 1, 1},
               "this is not a hosts file: its lines are in the syntax of another program");
  }
  return std::nullopt;
}

std::optional<Diagnostic> WhyNotServiceFile(const Configuration& services, const std::string& path,
                                            bool is_inetd) {
  std::size_t foreign = 0, other = 0;
  const Diagnostic* first = nullptr;
  for (const Diagnostic& finding : services.diagnostics) {
    if (finding.where.file != path) continue;
    if (finding.severity != Severity::kError && finding.code != "indented-entry") continue;
    const bool is_foreign = is_inetd ? Contains(kForeignToInetd, finding.code)
                                     : Contains(kForeignToXinetd, finding.code);
    ++(is_foreign ? foreign : other);
    if (is_foreign && first == nullptr) first = &finding;
  }
  const auto written = std::ranges::count_if(
      services.services, [&path](const auto& spec) { return spec->where.file == path; });
  if (foreign < kFewLines || written > 0 || foreign <= 2 * other) return std::nullopt;
  return Say(is_inetd ? "not-inetd-file" : "not-xinetd-file", first->where,
             is_inetd ? "this is not an inetd.conf: no line of it is an entry"
                      : "this is not an xinetd.conf: it has no service and no defaults");
}

}  // namespace postern::policy::check
