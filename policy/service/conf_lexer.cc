// SPDX-License-Identifier: BSD-2-Clause
// Lines and words of xinetd.conf; see conf_lexer.h. Linear in the input.
#include "policy/service/conf_lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace postern::policy {
namespace {

// How much of a line that is too long is kept for the message.
constexpr std::size_t kShownBytes = 200;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::vector<Word> SplitWords(std::string_view line) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (IsBlank(line[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < line.size() && !IsBlank(line[at])) ++at;
    words.push_back(
        {std::string(line.substr(begin, at - begin)), static_cast<std::uint32_t>(begin + 1)});
  }
  return words;
}

// Position of a byte that no text line holds.
std::size_t ControlByte(std::string_view line) {
  const auto* const found = std::ranges::find_if(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
  return found == line.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - line.begin());
}

ConfLine MakeLine(const std::string& path, std::uint32_t number, std::string_view text) {
  ConfLine line;
  const bool too_long = text.size() > kMaxLineBytes;
  if (too_long) {
    line.trouble = "the line is longer than " + std::to_string(kMaxLineBytes) + " bytes";
    text = text.substr(0, kShownBytes);
  }
  line.words = SplitWords(text);
  line.place = {{path, number, line.words.empty() ? 1 : line.words.front().column},
                std::string(text)};
  const std::size_t control = ControlByte(text);
  if (!too_long && control != std::string_view::npos) {
    line.trouble = "the line holds a control character, so this is not a line of text";
    line.place.where.column = static_cast<std::uint32_t>(control + 1);
  }
  return line;
}

bool IsComment(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos || text[first] == '#';
}

// A NUL byte means the file is an archive, an encrypted blob or a damaged disk block; no part of it
// can be trusted.
std::optional<Diagnostic> BinaryFile(const std::string& path, std::string_view content) {
  const auto nul = content.find('\0');
  if (nul == std::string_view::npos) return std::nullopt;
  const std::string_view before = content.substr(0, nul);
  const auto lines = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const Place place{{path, lines + 1, static_cast<std::uint32_t>(nul - line_start + 1)}, {}};
  return MakeDiagnostic(Severity::kError, "binary-file", place,
                        "this is not a text file: it holds a NUL byte; nothing of it is used");
}

}  // namespace

LexedFile LexConfFile(const std::string& path, std::string_view content) {
  constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
  LexedFile out;
  if (auto binary = BinaryFile(path, content)) {
    out.diagnostics.push_back(*std::move(binary));
    return out;
  }
  if (content.starts_with(kUtf8Mark)) content.remove_prefix(kUtf8Mark.size());
  for (std::uint32_t number = 1; !content.empty(); ++number) {
    const auto end = std::min(content.find('\n'), content.size());
    std::string_view text = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (IsComment(text)) continue;
    ConfLine line = MakeLine(path, number, text);
    if (!line.words.empty() || !line.trouble.empty()) out.lines.push_back(std::move(line));
  }
  return out;
}

}  // namespace postern::policy
