// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/conf_sources.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string ServiceBlock(const std::string& name) { return "service " + name + "\n{\n}\n"; }

std::string Names(const ConfSources& sources) {
  std::string names;
  for (const auto* block : sources.blocks) names += block->name + " ";
  return names;
}

}  // namespace

TEST_CASE("an included file stands where it is included") {
  FakeSystem system;
  system.files = {{"m", ServiceBlock("a") + "include sub\n" + ServiceBlock("c")},
                  {"sub", ServiceBlock("b")}};
  const ConfSources sources = ReadConfSources("m", system);
  CHECK(Names(sources) == "a b c ");
  CHECK(sources.usable);
  CHECK(sources.diagnostics.empty());
}

TEST_CASE("includedir reads in byte order and skips what xinetd skips (case 25)") {
  FakeSystem system;
  system.files["m"] = "includedir d\n";
  for (const char* name : {"rpmnew", "aa", "ab-c", "Zz", "b.b", "cc~", ".hid"}) {
    system.files["d/" + std::string(name)] = ServiceBlock(name);
    system.directories["d"].push_back({name, true});
  }
  system.directories["d"].push_back({"subdir", false});
  const ConfSources sources = ReadConfSources("m", system);
  CHECK(Names(sources) == "Zz aa ab-c rpmnew ");
  REQUIRE(sources.diagnostics.size() == 1);
  CHECK(sources.diagnostics[0].code == "not-a-regular-file");
  CHECK(sources.usable);
}

TEST_CASE("a file that includes itself is an error, by any name (case 27)") {
  FakeSystem system;
  system.files = {{"m", ServiceBlock("a") + "include link\n" + ServiceBlock("b")}, {"link", "x"}};
  system.files["link"] = system.files["m"];
  system.real_paths["link"] = "m";
  const ConfSources sources = ReadConfSources("m", system);
  CHECK(Names(sources) == "a b ");
  REQUIRE(sources.diagnostics.size() == 1);
  CHECK(sources.diagnostics[0].code == "include-cycle");
  CHECK(sources.diagnostics[0].where.line == 4);
}

TEST_CASE("a file is read once however often it is included") {
  FakeSystem system;
  system.files = {{"m", "include s\ninclude s\n"}, {"s", ServiceBlock("a")}};
  const ConfSources sources = ReadConfSources("m", system);
  CHECK(Names(sources) == "a ");
  REQUIRE(sources.diagnostics.size() == 1);
  CHECK(sources.diagnostics[0].severity == Severity::kWarning);
}

TEST_CASE("only a file that exists can hide defaults") {
  FakeSystem system;
  system.files = {{"m", "include s\n" + ServiceBlock("a")}};
  const ConfSources missing = ReadConfSources("m", system);
  CHECK(missing.usable);
  CHECK(HasErrors(missing.diagnostics));
  system.unreadable.insert("s");
  const ConfSources unreadable = ReadConfSources("m", system);
  CHECK_FALSE(unreadable.usable);
  CHECK(Names(unreadable) == "a ");
}

TEST_CASE("a directory that cannot be read may hide defaults, a missing one does not") {
  FakeSystem system;
  system.files = {{"m", "includedir d\n"}};
  CHECK(ReadConfSources("m", system).usable);
  system.unreadable.insert("d");
  CHECK_FALSE(ReadConfSources("m", system).usable);
}

TEST_CASE("without the main file nothing is usable") {
  CHECK_FALSE(ReadConfSources("m", FakeSystem{}).usable);
}

TEST_CASE("depth and size of includes are bounded") {
  FakeSystem deep;
  for (int i = 0; i < 40; ++i) {
    deep.files["f" + std::to_string(i)] = "include f" + std::to_string(i + 1) + "\n";
  }
  const ConfSources sources = ReadConfSources("f0", deep);
  CHECK_FALSE(sources.usable);
  REQUIRE_FALSE(sources.diagnostics.empty());
  CHECK(sources.diagnostics[0].code == "include-depth");

  FakeSystem huge;
  huge.files["m"] = std::string(kMaxConfFileBytes + 1, '#');
  CHECK_FALSE(ReadConfSources("m", huge).usable);
}

}  // namespace postern::policy
