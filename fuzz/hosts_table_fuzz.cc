// SPDX-License-Identifier: BSD-2-Clause
// hosts.allow and hosts.deny (policy/hosts/hosts_parser.h): any bytes are a table whose places are
// inside the file, and bytes in front of a table in lines of their own change nothing but places.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/hosts/hosts_findings.h"
#include "policy/hosts/hosts_parser.h"

namespace {

using postern::policy::SourceLocation;
using postern::policy::hosts::ParseTable;
using postern::policy::hosts::PatternFile;
using postern::policy::hosts::Rule;
using postern::policy::hosts::Table;
using postern::policy::hosts::Which;

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckPlace(const SourceLocation& where, std::size_t lines) {
  Require(where.line >= 1 && where.line <= lines && where.column >= 1);
}

void CheckRule(const Rule& rule, std::size_t lines) {
  CheckPlace(rule.where, lines);
  Require(rule.last_line <= lines && !rule.text.contains('\n'));
  Require(!rule.daemons.empty() && !rule.clients.empty());
  for (const auto& segment : rule.clients) {
    for (const auto& token : segment) {
      Require(rule.text.substr(token.column - 1, token.text.size()) == token.text);
    }
  }
}

Table Parse(const std::string& text) {
  return ParseTable(Which::kDeny, "fuzz", text, [](const std::string& path) {
    return std::make_shared<const PatternFile>(PatternFile{path, "no such file", {}});
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const Table table = Parse(text);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  for (const Rule& rule : table.rules) CheckRule(rule, lines);
  for (const auto& finding : table.diagnostics) {
    CheckPlace(finding.where, lines);
    Require(!finding.code.empty() && !Render(finding).empty());
  }
  Require((table.end == Table::End::kAbandoned) == (table.end_where.line != 0));

  const Table again = Parse("# note\n\n" + text);
  Require(again.rules.size() == table.rules.size() && again.end == table.end);
  for (std::size_t i = 0; i < table.rules.size(); ++i) {
    Require(again.rules[i].where.line == table.rules[i].where.line + 2);
    Require(again.rules[i].text == table.rules[i].text);
  }
  return 0;
}
