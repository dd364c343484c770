// SPDX-License-Identifier: BSD-2-Clause
// The /file patterns of a policy, each read once.
//
// Words between blanks, each a host pattern; no comments, no EXCEPT. A file that is missing or
// unreadable, has a word of more than kMaxPatternFileWord bytes, names itself (through others,
// too), is nested deeper than kMaxPatternFileDepth or would be one too many cannot be used, and
// says so.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/hosts/hosts_policy.h"
#include "policy/hosts/pattern.h"

namespace postern::policy::hosts {

inline constexpr std::size_t kMaxPatternFileWord = 8191;
inline constexpr int kMaxPatternFileDepth = 16;
// In one file and those it names, each as often as it is named: as many addresses as the largest
// file holds. Every decision may have to look at all of them.
inline constexpr std::size_t kMaxPatternFilePatterns = std::size_t{1} << 23U;
// In all files together, each counted once: what is kept of them takes some hundred bytes a
// pattern.
inline constexpr std::size_t kMaxPatternsKept = std::size_t{1} << 21U;
// Every decision looks with stat(2) whether one of them has changed.
inline constexpr std::size_t kMaxPatternFiles = 4096;

class PatternFiles {
 public:
  // `asked` collects the paths in the order in which `source` was asked for them.
  PatternFiles(const SourceLoader& source, const InterfaceView& interfaces,
               std::vector<std::string>& asked)
      : source_(source), interfaces_(interfaces), asked_(asked) {}

  std::shared_ptr<const PatternFile> Load(const std::string& path);

 private:
  PatternFile Read(const std::string& path);
  // Why it cannot be used; empty: it can.
  std::string Fill(PatternFile& file, std::string_view rest);

  const SourceLoader& source_;
  const InterfaceView& interfaces_;
  std::vector<std::string>& asked_;
  std::map<std::string, std::shared_ptr<const PatternFile>> files_;  // null: being read
  std::map<std::string, std::size_t> counts_;  // patterns of a file and of those it names
  std::size_t read_ = 0;                       // files
  std::size_t kept_ = 0;                       // patterns
  int depth_ = 0;
};

}  // namespace postern::policy::hosts
