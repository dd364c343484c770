// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf as logical lines of words with their places; the lexical half of inetd_parser.h.
//
// Called by the parser alone. A '#' as first character makes a comment. A line that starts with a
// blank continues the one before it, as in every BSD inetd, unless it looks like an entry of its
// own, which is how xinetd reads it. Quotes group the words of an argument, as in NetBSD's inetd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/diagnostic.h"

namespace postern::policy {

inline constexpr std::size_t kInetdFields = 6;       // name, type, protocol, wait, user, program
inline constexpr std::size_t kMaxInetdLine = 16384;  // bytes, as in xinetd.conf
inline constexpr std::size_t kMaxInetdWords = 1024;

struct InetdWord {
  std::string text;  // quotes removed
  std::uint32_t line = 0, column = 0;
  std::string_view source;  // the whole line it stands in
};

struct InetdLine {
  std::vector<InetdWord> words;  // at least one
  bool broken = false;           // reported already; holds the first word only
};

// Collects findings about one file and stops collecting when there are absurdly many.
class InetdReport {
 public:
  static constexpr std::size_t kMaxFindings = 1000;

  explicit InetdReport(std::string file) : file_(std::move(file)) {}

  // About the byte `offset` of `word`.
  void Error(const InetdWord& word, std::size_t offset, std::string code, std::string message,
             std::string fix = {});
  void Warn(const InetdWord& word, std::string code, std::string message, std::string fix = {});

  SourceLocation Place(const InetdWord& word, std::size_t offset = 0) const;
  std::size_t errors() const { return errors_; }
  bool full() const { return findings_.size() >= kMaxFindings; }
  Diagnostics Take() { return std::move(findings_); }

 private:
  void Add(Diagnostic finding);

  std::string file_;
  Diagnostics findings_;
  std::size_t errors_ = 0;
};

class InetdLines {
 public:
  InetdLines(std::string_view text, InetdReport& report) : rest_(text), report_(report) {}

  // The next line that is neither blank nor a comment; nullopt at the end.
  std::optional<InetdLine> Next();

 private:
  struct Physical {
    std::string_view text;  // without its line end
    std::uint32_t number = 0;
  };
  std::optional<Physical> Peek() const;
  void Skip();
  bool Usable(const Physical& line);
  bool Split(const Physical& line, std::vector<InetdWord>& words);
  bool SplitArgument(const Physical& line, std::size_t& at, InetdWord& word);
  void AppendContinuations(InetdLine& line);

  std::string_view rest_;
  std::uint32_t number_ = 1;
  InetdReport& report_;
};

}  // namespace postern::policy
