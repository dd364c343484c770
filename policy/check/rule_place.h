// SPDX-License-Identifier: BSD-2-Clause
// Where a finding about a rule, or about a word of it, points.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "policy/base/diagnostic.h"
#include "policy/hosts/table.h"

namespace postern::policy::check {

// `column` counts in the logical line. Of a rule that is several lines long only the first is
// known.
inline Diagnostic AtWord(const hosts::Rule& rule, std::uint32_t column, Severity severity,
                         std::string code, std::string message, std::string fix = {}) {
  SourceLocation where = rule.where;
  const bool one_line = rule.last_line == rule.where.line;
  if (one_line) where.column = column;
  return {severity,           std::move(code), std::move(where),
          std::move(message), std::move(fix),  one_line ? rule.text : std::string()};
}

inline Diagnostic AtRule(const hosts::Rule& rule, Severity severity, std::string code,
                         std::string message, std::string fix = {}) {
  return AtWord(rule, rule.where.column, severity, std::move(code), std::move(message),
                std::move(fix));
}

}  // namespace postern::policy::check
