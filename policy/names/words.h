// SPDX-License-Identifier: BSD-2-Clause
// The files of the resolver are lines of words, with comments.
#pragma once

#include <string_view>
#include <vector>

#include "policy/base/text.h"

namespace postern::policy {

// `visit` gets the words of each line that has any. A comment begins at any of `comment_marks`.
template <typename Visit>
void ForEachLine(std::string_view text, std::string_view comment_marks, const Visit& visit) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = line.substr(0, line.find_first_of(comment_marks));
    std::vector<std::string_view> words;
    for (line = Trimmed(line); !line.empty(); line = Trimmed(line)) {
      std::size_t length = 0;
      while (length < line.size() && !IsSpace(line[length])) ++length;
      words.push_back(line.substr(0, length));
      line.remove_prefix(length);
    }
    if (!words.empty()) visit(words);
  }
}

}  // namespace postern::policy
