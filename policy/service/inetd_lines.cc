// SPDX-License-Identifier: BSD-2-Clause
// Cutting inetd.conf into lines and words.
#include "policy/service/inetd_lines.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::policy {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kMaxHeldName = 64;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsComment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  return first == std::string_view::npos || line[first] == '#';
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// The first word of a line that is not worth splitting.
std::string_view FirstWord(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, std::min(line.find_first_of(kBlanks), kMaxHeldName));
}

// Whether an indented line is an entry of its own: its second word is a socket type.
bool LooksLikeEntry(std::string_view line) {
  constexpr std::array<std::string_view, 5> kTypes = {"stream", "dgram", "raw", "rdm", "seqpacket"};
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  line.remove_prefix(std::min(line.find_first_of(kBlanks), line.size()));
  return std::ranges::find(kTypes, FirstWord(line)) != kTypes.end();
}

}  // namespace

void InetdReport::Add(Diagnostic finding) {
  if (finding.severity == Severity::kError) ++errors_;
  if (full()) return;
  findings_.push_back(std::move(finding));
  if (!full()) return;
  Diagnostic& last = findings_.back();
  last.severity = Severity::kError;
  last.code = "too-many-findings";
  last.message = "too many findings; this line and all that follow are not read";
  last.fix.clear();
}

void InetdReport::Error(const InetdWord& word, std::size_t offset, std::string code,
                        std::string message, std::string fix) {
  Add({Severity::kError, std::move(code), Place(word, offset), std::move(message), std::move(fix),
       std::string(word.source)});
}

void InetdReport::Warn(const InetdWord& word, std::string code, std::string message,
                       std::string fix) {
  Add({Severity::kWarning, std::move(code), Place(word), std::move(message), std::move(fix),
       std::string(word.source)});
}

SourceLocation InetdReport::Place(const InetdWord& word, std::size_t offset) const {
  return {file_, word.line, word.column + static_cast<std::uint32_t>(offset)};
}

std::optional<InetdLines::Physical> InetdLines::Peek() const {
  if (rest_.empty()) return std::nullopt;
  std::string_view line = rest_.substr(0, rest_.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return Physical{line, number_};
}

void InetdLines::Skip() {
  rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
  ++number_;
}

// Reports lines that no text editor wrote.
bool InetdLines::Usable(const Physical& line) {
  InetdWord place{{}, line.number, 1, line.text.substr(0, 80)};
  if (line.text.size() > kMaxInetdLine) {
    report_.Error(place, 0, "line-too-long",
                  "longer than the " + std::to_string(kMaxInetdLine) + " bytes allowed");
    return false;
  }
  const bool comment = IsComment(line.text);
  const auto control = std::ranges::find_if(
      line.text, [comment](char c) { return comment ? c == '\0' : IsControl(c); });
  if (control == line.text.end()) return true;
  place.source = line.text;
  report_.Error(place, static_cast<std::size_t>(control - line.text.begin()), "control-character",
                "a control character; this is not a text file, or a damaged one");
  return false;
}

std::optional<InetdLine> InetdLines::Next() {
  while (const std::optional<Physical> line = Peek()) {
    if (report_.full()) return std::nullopt;
    Skip();
    InetdLine result;
    if (!Usable(*line)) {
      result.broken = true;
      const std::string_view name = FirstWord(line->text);
      result.words.push_back({std::string(name), line->number, 1, name});
      return result;
    }
    if (line->text.starts_with("#@")) {
      report_.Warn({{}, line->number, 1, line->text}, "ipsec-ignored",
                   "IPsec policies (#@, FreeBSD and NetBSD) are not applied here",
                   "set the policy in the kernel, with ip-xfrm(8)");
    }
    if (IsComment(line->text)) continue;
    result.broken = !Split(*line, result.words);
    AppendContinuations(result);
    return result;
  }
  return std::nullopt;
}

void InetdLines::AppendContinuations(InetdLine& line) {
  while (const std::optional<Physical> next = Peek()) {
    if (next->text.empty() || !IsBlank(next->text.front()) || IsComment(next->text)) return;
    if (LooksLikeEntry(next->text)) {
      report_.Warn({{}, next->number, 1, next->text.substr(0, kMaxInetdLine)}, "indented-entry",
                   "read as an entry of its own; a BSD inetd takes an indented line for more"
                   " arguments of the line before",
                   "remove the blanks in front");
      return;
    }
    Skip();
    if (!Usable(*next) || !Split(*next, line.words)) line.broken = true;
  }
}

// Appends the words of one physical line.
bool InetdLines::Split(const Physical& line, std::vector<InetdWord>& words) {
  std::size_t at = 0;
  while (true) {
    at = line.text.find_first_not_of(kBlanks, at);
    if (at == std::string_view::npos) return true;
    InetdWord word{{}, line.number, static_cast<std::uint32_t>(at + 1), line.text};
    if (words.size() == kMaxInetdWords) {
      report_.Error(word, 0, "too-many-words",
                    "more than the " + std::to_string(kMaxInetdWords) + " words allowed");
      return false;
    }
    if (words.size() >= kInetdFields) {
      if (!SplitArgument(line, at, word)) return false;
    } else {
      const std::size_t end = std::min(line.text.find_first_of(kBlanks, at), line.text.size());
      word.text = line.text.substr(at, end - at);
      at = end;
    }
    words.push_back(std::move(word));
  }
}

// NetBSD inetd.conf(5): "To pass a server argument that contains blanks, quote it".
bool InetdLines::SplitArgument(const Physical& line, std::size_t& at, InetdWord& word) {
  const std::size_t start = at;
  while (at < line.text.size() && !IsBlank(line.text[at])) {
    const char c = line.text[at];
    if (c != '"' && c != '\'') {
      word.text += c;
      ++at;
      continue;
    }
    const std::size_t close = line.text.find(c, at + 1);
    if (close == std::string_view::npos) {
      report_.Error(word, at - start, "unbalanced-quote", "this quote is never closed",
                    c == '"' ? "write '\"' for the character itself"
                             : "write \"'\" for the character itself");
      return false;
    }
    word.text += line.text.substr(at + 1, close - at - 1);
    at = close + 1;
  }
  return true;
}

}  // namespace postern::policy
