// SPDX-License-Identifier: BSD-2-Clause
// The kinds of text that a collection of patterns can tell apart.
//
// Names, users and daemons are symbols here: all texts that the same patterns match are one class,
// and one text of it stands for them all. The classes are complete: every text of 1 to kMaxValue
// bytes is in one of them. Found by walking all patterns together as one automaton, from the end
// of the text, because most patterns are domains. A name that is written like an IPv6 address is no
// symbol: no verified name is one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/hosts/pattern.h"

namespace postern::policy::analysis {

struct TextClass {
  std::string representative;
  bool exact = false;  // the representative is the only text of the class
  // What the texts have in common: the patterns that match them, as written, the longest domain
  // alone of those that contain it. Empty: no pattern matches.
  std::vector<std::string> patterns;
};

class TextPatterns {
 public:
  void Add(const hosts::TextPattern& pattern);
  void AddExact(std::string_view text);
  void AddDomain(std::string_view suffix);  // ".example.org"
  void TellDots() { tell_dots_ = true; }    // LOCAL: whether a text has a dot

  // Texts that no pattern matches come first, exact ones in order of the alphabet behind them.
  // nullopt: there are more than `limit`, or the patterns are too entangled to find out.
  std::optional<std::vector<TextClass>> Classes(std::size_t limit) const;

 private:
  friend class TextClassWalk;
  void AddGlob(const std::string& glob, const std::string& text);

  std::vector<std::string> exact_, suffixes_, globs_;
  std::vector<std::string> glob_texts_;  // globs_ as they were written
  bool tell_dots_ = false;
};

}  // namespace postern::policy::analysis
