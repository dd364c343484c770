// SPDX-License-Identifier: BSD-2-Clause
// fuzz/dict/xinetd_conf.dict is made from the attribute table and must be what the table says now.
//
// After a change of the table, run the program with POSTERN_WRITE_GOLDEN=1.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "policy/service/attributes.h"

namespace postern::policy {
namespace {

constexpr const char* kPath = POSTERN_SOURCE_DIR "/fuzz/dict/xinetd_conf.dict";

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

void AddWords(std::string_view text, std::set<std::string>& words) {
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (IsWordByte(c)) {
      word += c;
    } else if (!word.empty()) {
      words.insert(std::exchange(word, {}));
    }
  }
}

// The format of libFuzzer's and AFL's dictionaries: one quoted token a line.
std::string DictionaryOfTheTable() {
  std::set<std::string> tokens = {
      "service ",      "defaults",     "include ",  "includedir ", "\\x0a{\\x0a", "\\x0a}\\x0a",
      " = ",           " += ",         " -= ",      "#",           "10.0.0.0/8",  "::1",
      "127.0.0.{1,2}", ".example.com", "localhost", "8:00-17:00",  "/bin/echo",   "interface = "};
  for (const Attribute& row : Attributes()) {
    tokens.insert(std::string(row.name) + " = ");
    AddWords(row.values, tokens);
  }
  std::string out = "# Made from the attribute table by tests/policy/fuzz_dictionary_test.cc.\n";
  for (const std::string& token : tokens) out += "\"" + token + "\"\n";
  return out;
}

}  // namespace

TEST_CASE("the fuzz dictionary holds the attribute table as it is") {
  if (std::getenv("POSTERN_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kPath) << DictionaryOfTheTable();
  }
  std::ifstream file(kPath, std::ios::binary);
  const std::string current{std::istreambuf_iterator<char>(file), {}};
  CHECK(current == DictionaryOfTheTable());
}

}  // namespace postern::policy
