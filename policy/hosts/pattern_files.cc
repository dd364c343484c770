// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/pattern_files.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "policy/hosts/libc_numbers.h"

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
  asked_.push_back(path);
  const SourceFile source = source_(path);
  if (source.state == SourceFile::State::kMissing) return Unusable(path, "no such file");
  if (source.state == SourceFile::State::kUnreadable) return Unusable(path, source.reason);
  PatternFile file{.path = path, .error = {}, .patterns = {}, .complete = true};
  std::size_t count = 0;
  const auto load = [this, &count, &file](const std::string& inner) {
    auto loaded = Load(inner);
    count += counts_[inner];
    file.complete = file.complete && loaded->complete;
    return loaded;
  };
  std::string_view rest = source.content;
  for (std::string_view word = NextWord(rest); !word.empty(); word = NextWord(rest)) {
    if (word.size() > kMaxPatternFileWord) return Unusable(path, "a word of it is too long");
    word = word.substr(0, word.find('\0'));
    file.patterns.push_back(ParseHostPattern(word, load, interfaces_));
    if (++count > kMaxPatternFilePatterns) return Unusable(path, "too many patterns in its files");
  }
  counts_[path] = count;
  return file;
}

}  // namespace postern::policy::hosts
