// SPDX-License-Identifier: BSD-2-Clause
// xinetd.conf bytes into lines of words.
//
// xinetd.conf(5) is line based: '#' as the first non-blank byte makes a comment, words are
// separated by blanks and tabs, and there is no quoting, escaping or continuation. A final CR is
// dropped, so files written on Windows read the same. Fuzz target: fuzz/xinetd_conf_fuzz.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/service/conf_document.h"

namespace postern::policy {

inline constexpr std::size_t kMaxLineBytes = 16384;  // as xinetd

struct ConfLine {
  std::vector<Word> words;  // at least one, unless there is trouble
  Place place;              // of the first word
  std::string trouble;      // not empty: the line is unusable, and why

  Place At(const Word& word) const {
    return {{place.where.file, place.where.line, word.column}, place.source_line};
  }
};

struct LexedFile {
  std::vector<ConfLine> lines;  // comments and blank lines left out
  Diagnostics diagnostics;      // not empty: the file is no text, and nothing of it was read
};

LexedFile LexConfFile(const std::string& path, std::string_view content);

}  // namespace postern::policy
