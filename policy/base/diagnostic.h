// SPDX-License-Identifier: BSD-2-Clause
// A finding about a configuration or policy file: what is wrong, where, and what to write instead.
//
// Every parser of policy/ reports through this one type. A Diagnostic is data; Render() turns it
// into the text an administrator reads. Text taken from a file is escaped in Render(), once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

enum class Severity : std::uint8_t { kNote, kWarning, kError };

// In a word, which SARIF has for its levels too.
const char* SeverityText(Severity severity);

// A place in a source file. Lines and columns count from 1, columns in bytes; line 0 means the
// file as a whole (unreadable, missing).
struct SourceLocation {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const SourceLocation&, const SourceLocation&) = default;
};

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;  // stable and short: "unknown-attribute"; scripts match on it
  SourceLocation where;
  std::string message;      // what is wrong and what was expected, no trailing full stop
  std::string fix;          // what to write instead; empty when there is no sure answer
  std::string source_line;  // the offending line, for the caret; may be empty
};

// As much of a line as a finding keeps: a file of many findings on one long line is no reason to
// keep the line as often.
inline constexpr std::size_t kMaxSourceLine = 4096;
inline std::string SourceLineText(std::string_view line) {
  return std::string(line.substr(0, kMaxSourceLine));
}

using Diagnostics = std::vector<Diagnostic>;

// "FILE:LINE:COL", as far as it is known.
std::string LocationText(const SourceLocation& where);

// "FILE:LINE:COL: error: MESSAGE [CODE]", then the line with a caret, then "  fix: …".
std::string Render(const Diagnostic& diagnostic);

// The first line of Render() alone, for logs that take one line a finding.
std::string RenderOneLine(const Diagnostic& diagnostic);

// Text from a file as it may be printed: every byte but printable ASCII becomes "\xNN".
std::string EscapeText(std::string_view text);

bool HasErrors(const Diagnostics& diagnostics);

}  // namespace postern::policy
