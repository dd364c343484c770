// SPDX-License-Identifier: BSD-2-Clause
// Reading both tables and the pattern files they name.
#include "policy/hosts/hosts_policy.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "policy/hosts/pattern_files.h"
#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::hosts {
namespace {

using testlib::CompileHosts;
using testlib::HostsFiles;

std::shared_ptr<const PatternFile> FirstFile(const HostsPolicy& policy) {
  return std::get<std::shared_ptr<const PatternFile>>(
      policy.allow().rules.at(0).clients.at(0).at(0).host.meaning);
}

std::shared_ptr<const PatternFile> LoadFile(HostsFiles files) {
  files["allow"] = "a: /first\n";
  return FirstFile(*CompileHosts(files));
}

TEST_CASE("tables that are missing hold no rule, and unreadable ones say why") {
  const auto policy = HostsPolicy::Compile({"allow", "deny"}, [](const std::string& path) {
    SourceFile source;
    if (path == "deny") source = {SourceFile::State::kUnreadable, {}, "a directory"};
    return source;
  });
  CHECK(policy->allow().end == Table::End::kMissing);
  CHECK(policy->allow().diagnostics.empty());
  CHECK(policy->deny().end == Table::End::kUnreadable);
  CHECK(policy->deny().end_reason == "a directory");
  REQUIRE(policy->deny().diagnostics.size() == 1);
  CHECK(policy->deny().diagnostics[0].code == "table-unreadable");
}

TEST_CASE("every file is asked for once, missing ones included, and is told") {
  int reads = 0;
  const auto policy = HostsPolicy::Compile({"allow", "deny"}, [&reads](const std::string& path) {
    ++reads;
    SourceFile source{SourceFile::State::kRead, "a: /x /y\nb: /x\n", {}};
    if (path == "/x") source.content = "10. /y";
    if (path == "/y") source = {};
    return source;
  });
  CHECK(policy->files() == std::vector<std::string>{"allow", "/x", "/y", "deny"});
  CHECK(reads == 4);
}

TEST_CASE("a pattern file holds words between blanks, with neither comments nor commas") {
  const auto file = LoadFile({{"/first", "10.\n\v.example.org\f# a,b\n/inner"}, {"/inner", ""}});
  CHECK(file->error.empty());
  REQUIRE(file->patterns.size() == 5);
  CHECK(file->patterns[1].text == ".example.org");
  CHECK(file->patterns[2].text == "#");
  CHECK(file->patterns[3].text == "a,b");
  CHECK(LoadFile({{"/first", std::string("ab\0c d", 6)}})->patterns[0].text == "ab");
}

TEST_CASE("files that are missing, hold an overlong word or name themselves cannot be used") {
  CHECK(LoadFile({})->error == "no such file");
  CHECK(LoadFile({{"/first", std::string(kMaxPatternFileWord, 'x')}})->error.empty());
  CHECK_FALSE(LoadFile({{"/first", std::string(kMaxPatternFileWord + 1, 'x')}})->error.empty());
  const auto loop = LoadFile({{"/first", "10. /second"}, {"/second", "/first"}});
  CHECK(loop->error.empty());
  const auto second = std::get<std::shared_ptr<const PatternFile>>(loop->patterns[1].meaning);
  const auto again = std::get<std::shared_ptr<const PatternFile>>(second->patterns[0].meaning);
  CHECK(again->error == "it names itself");
}

TEST_CASE("nesting is bounded") {
  HostsFiles files;
  for (int i = 1; i < 100; ++i) {
    files["/" + std::to_string(i)] = "/" + std::to_string(i + 1);
  }
  files["/first"] = "/1";
  auto file = LoadFile(files);
  int depth = 1;
  while (file->error.empty()) {
    file = std::get<std::shared_ptr<const PatternFile>>(file->patterns[0].meaning);
    ++depth;
  }
  CHECK(depth == kMaxPatternFileDepth + 1);
}

TEST_CASE("what files name together is bounded, so that no decision runs for ever") {
  const auto tenfold = [](int levels) {
    HostsFiles files;
    for (int i = 0; i < levels; ++i) {
      std::string& file = files[i == 0 ? "/first" : "/" + std::to_string(i)];
      for (int k = 0; k < 10; ++k) file += "/" + std::to_string(i + 1) + " ";
    }
    files["/" + std::to_string(levels)] = "192.0.2.1";
    return files;
  };
  const auto usable = [](const PatternFile& file) {
    const PatternFile* inner = &file;
    while (inner->error.empty() && inner->patterns[0].text.starts_with('/')) {
      inner = std::get<std::shared_ptr<const PatternFile>>(inner->patterns[0].meaning).get();
    }
    return inner->error.empty();
  };
  CHECK(usable(*LoadFile(tenfold(5))));
  CHECK(LoadFile(tenfold(7))->error == "too many patterns in its files");
  CHECK_FALSE(usable(*LoadFile(tenfold(14))));
}

std::string Words(std::size_t count) {
  std::string words;
  for (std::size_t i = 0; i < count; ++i) words += "x ";
  return words;
}

TEST_CASE("what all files hold together is bounded, each counted once") {
  const HostsFiles files = {{"allow", "a: /first /half /half /last /more\n"},
                            {"/first", Words(kMaxPatternsKept / 2 - 2) + "/bad"},
                            {"/bad", Words(1000) + std::string(kMaxPatternFileWord + 1, 'x')},
                            {"/half", Words(kMaxPatternsKept / 2)},
                            {"/last", "x"},
                            {"/more", "x"}};
  const auto policy = CompileHosts(files);
  const auto& tokens = policy->allow().rules.at(0).clients.at(0);
  const auto error = [&tokens](std::size_t i) {
    return std::get<std::shared_ptr<const PatternFile>>(tokens.at(i).host.meaning)->error;
  };
  for (const std::size_t usable : {0U, 1U, 2U, 3U}) CHECK(error(usable) == "");
  CHECK(error(4) == "too many patterns in all files");
}

TEST_CASE("the number of pattern files is bounded") {
  HostsFiles files;
  std::string& allow = files["allow"];
  for (std::size_t i = 0; i <= kMaxPatternFiles; ++i) {
    files["/" + std::to_string(i)] = "x";
    allow += "a: /" + std::to_string(i) + "\n";
  }
  const auto policy = CompileHosts(files);
  const auto error = [&policy](std::size_t rule) {
    const HostPattern& host = policy->allow().rules.at(rule).clients.at(0).at(0).host;
    return std::get<std::shared_ptr<const PatternFile>>(host.meaning)->error;
  };
  CHECK(error(kMaxPatternFiles - 1) == "");
  CHECK(error(kMaxPatternFiles) == "too many files of patterns");
  CHECK(policy->files().size() == kMaxPatternFiles + 2);
}

TEST_CASE("masks with holes, each another, are compiled in no time worth speaking of") {
  std::string deny;
  for (int i = 0; i < 100'000; ++i) {
    deny += "a: 0.0.0.0/" + std::to_string(i % 256) + "." + std::to_string(i / 256 % 256) + "." +
            std::to_string(i / 65536) + ".1\n";
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(CompileHosts({{"deny", deny}})->deny().rules.size() == 100'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace
}  // namespace postern::policy::hosts
