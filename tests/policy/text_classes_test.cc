// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/text_classes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "policy/hosts/pattern_match.h"

namespace postern::policy::analysis {
namespace {

using Tokens = std::vector<std::string>;
using Signature = std::vector<bool>;

Signature SignatureOf(const Tokens& tokens, const std::string& text) {
  Signature signature;
  for (const std::string& token : tokens) {
    signature.push_back(hosts::Matches(hosts::ParseTextPattern(token), text));
  }
  signature.push_back(text.contains('.'));
  return signature;
}

std::vector<TextClass> ClassesOf(const Tokens& tokens) {
  TextPatterns patterns;
  patterns.TellDots();
  for (const std::string& token : tokens) patterns.Add(hosts::ParseTextPattern(token));
  return patterns.Classes(10000).value();
}

std::string RandomText(std::mt19937& random) {
  constexpr std::string_view kLetters = "ab.xc";
  std::string text;
  for (std::size_t i = 1 + random() % 7; i > 0; --i) text += kLetters[random() % kLetters.size()];
  return text;
}

TEST_CASE("every text has the patterns of exactly one class") {
  std::mt19937 random(9);
  for (int round = 0; round < 60; ++round) {
    Tokens tokens;
    for (std::size_t i = 1 + random() % 6; i > 0; --i) {
      std::string token = RandomText(random);
      if (random() % 3 == 0) token.insert(random() % token.size(), 1, random() % 3 ? '*' : '?');
      tokens.push_back(token);
    }
    tokens.push_back("ab");
    std::set<Signature> found;
    for (const TextClass& one : ClassesOf(tokens)) {
      INFO(one.representative);
      CHECK(found.insert(SignatureOf(tokens, one.representative)).second);
    }
    for (int i = 0; i < 2000; ++i) {
      const std::string text = RandomText(random);
      INFO(text);
      REQUIRE(found.contains(SignatureOf(tokens, text)));
    }
  }
}

TEST_CASE("an exact text is a class of its own, other patterns are described") {
  const auto classes = ClassesOf({"host.lab.test", ".lab.test", ".test", "ho*"});
  const auto find = [&](const std::vector<std::string>& patterns, bool exact) {
    return std::count_if(classes.begin(), classes.end(), [&](const TextClass& one) {
      return one.patterns == patterns && one.exact == exact;
    });
  };
  CHECK(find({".lab.test", "ho*"}, true) == 1);
  CHECK(find({".lab.test", "ho*"}, false) == 1);
  CHECK(find({".lab.test"}, false) == 1);
  CHECK(find({".test"}, false) == 1);
  CHECK(find({"LOCAL"}, false) == 1);
  CHECK(find({}, false) == 1);
  CHECK(find({"ho*"}, true) == 0);
}

TEST_CASE("a text longer than a request holds is no class") {
  const std::string label(60, 'a');
  CHECK(ClassesOf({label + "." + label}).size() == 3);
  CHECK(ClassesOf({label + "." + label + "." + label}).size() == 2);
}

TEST_CASE("more classes than the limit are refused") {
  TextPatterns patterns;
  for (const char* text : {"a", "b", "c"}) patterns.AddExact(text);
  CHECK(patterns.Classes(4));
  CHECK_FALSE(patterns.Classes(3));
}

}  // namespace
}  // namespace postern::policy::analysis
