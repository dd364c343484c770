// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/pattern_files.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/base/text.h"

namespace postern::policy::hosts {
namespace {

PatternFile Unusable(const std::string& path, std::string error) {
  return {.path = path, .error = std::move(error), .patterns = {}, .complete = false};
}

// The next word of `rest`, which is shortened; empty at the end.
std::string_view NextWord(std::string_view& rest) {
  const auto begin = std::ranges::find_if_not(rest, IsSpace);
  const auto end = std::find_if(begin, rest.end(), IsSpace);
  const std::string_view word(begin, end);
  rest = std::string_view(end, rest.end());
  return word;
}

}  // namespace

std::shared_ptr<const PatternFile> PatternFiles::Load(const std::string& path) {
  const auto known = files_.find(path);
  if (known != files_.end()) {
    if (known->second) return known->second;
    return std::make_shared<const PatternFile>(Unusable(path, "it names itself"));
  }
  files_[path] = nullptr;
  ++depth_;
  auto file = std::make_shared<const PatternFile>(Read(path));
  --depth_;
  files_[path] = file;
  return file;
}

PatternFile PatternFiles::Read(const std::string& path) {
  if (depth_ > kMaxPatternFileDepth) return Unusable(path, "files are nested too deeply");
  if (read_ == kMaxPatternFiles) return Unusable(path, "too many files of patterns");
  ++read_;
  asked_.push_back(path);
  const SourceFile source = source_(path);
  if (source.state == SourceFile::State::kMissing) return Unusable(path, "no such file");
  if (source.state == SourceFile::State::kUnreadable) return Unusable(path, source.reason);
  PatternFile file{.path = path, .error = {}, .patterns = {}, .complete = true};
  std::string problem = Fill(file, source.content);
  if (problem.empty()) return file;
  kept_ -= file.patterns.size();
  return Unusable(path, std::move(problem));
}

std::string PatternFiles::Fill(PatternFile& file, std::string_view rest) {
  std::size_t count = 0;
  const auto load = [this, &count, &file](const std::string& inner) {
    auto loaded = Load(inner);
    count += counts_[inner];
    file.complete = file.complete && loaded->complete;
    return loaded;
  };
  for (std::string_view word = NextWord(rest); !word.empty(); word = NextWord(rest)) {
    if (word.size() > kMaxPatternFileWord) return "a word of it is too long";
    if (kept_ == kMaxPatternsKept) return "too many patterns in all files";
    word = word.substr(0, word.find('\0'));
    file.patterns.push_back(ParseHostPattern(word, load, interfaces_));
    ++kept_;
    if (++count > kMaxPatternFilePatterns) return "too many patterns in its files";
  }
  counts_[file.path] = count;
  return {};
}

}  // namespace postern::policy::hosts
