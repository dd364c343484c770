// SPDX-License-Identifier: BSD-2-Clause
// Diagnostics as text. Everything that may come from a file passes EscapeText() here, once, so a
// hostile file can neither forge a line of a log nor send a terminal sequences.
#include "policy/base/diagnostic.h"

#include <algorithm>
#include <string_view>

namespace postern::policy {
namespace {

// How much of a long source line is shown on either side of the caret.
constexpr std::size_t kWindow = 80;

std::string EscapeByte(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return std::string(1, c);
  return {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
}

}  // namespace

std::string EscapeText(std::string_view text) {
  std::string out;
  for (const char c : text) out += EscapeByte(c);
  return out;
}

std::string LocationText(const SourceLocation& where) {
  std::string out = EscapeText(where.file);
  if (where.line == 0) return out;
  out += ":" + std::to_string(where.line);
  if (where.column != 0) out += ":" + std::to_string(where.column);
  return out;
}

const char* SeverityText(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "error";
}

namespace {

// The source line, cut to a window around the column, and a caret under the column. A tab is shown
// as one blank so that the caret stays under its byte.
std::string CaretText(const Diagnostic& diagnostic) {
  const std::string_view line = diagnostic.source_line;
  const std::size_t column =
      std::min<std::size_t>(std::max<std::uint32_t>(diagnostic.where.column, 1) - 1, line.size());
  const std::size_t begin = column > kWindow ? column - kWindow : 0;
  const std::size_t end = std::min(line.size(), column + kWindow);
  std::string text = begin > 0 ? "..." : "";
  std::size_t caret = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (i == column) caret = text.size();
    text += line[i] == '\t' ? " " : EscapeByte(line[i]);
  }
  if (column >= end) caret = text.size();
  if (end < line.size()) text += "...";
  return "  " + text + "\n  " + std::string(caret, ' ') + "^\n";
}

// A fix may be several lines long; each is indented under the first.
std::string FixText(std::string_view fix) {
  std::string out = "  fix: ";
  for (const char c : fix) out += c == '\n' ? "\n       " : EscapeByte(c);
  return out + "\n";
}

}  // namespace

std::string RenderOneLine(const Diagnostic& diagnostic) {
  std::string out = LocationText(diagnostic.where);
  if (!out.empty()) out += ": ";
  out += SeverityText(diagnostic.severity);
  return out + ": " + EscapeText(diagnostic.message) + " [" + EscapeText(diagnostic.code) + "]";
}

std::string Render(const Diagnostic& diagnostic) {
  std::string out = RenderOneLine(diagnostic) + "\n";
  if (!diagnostic.source_line.empty()) out += CaretText(diagnostic);
  if (!diagnostic.fix.empty()) out += FixText(diagnostic.fix);
  return out;
}

bool HasErrors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics,
                             [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

}  // namespace postern::policy
