// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/list_codecs.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string OnlyFrom(const std::string& defaults, const std::string& lines) {
  const Configuration loaded = LoadXinetd(DefaultsWith(defaults) + ServiceWith(lines));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  if (spec == nullptr) return "held";
  return spec->only_from ? AddressListCodec::Print(spec->only_from->words()) : "everybody";
}

}  // namespace

TEST_CASE("a service inherits, replaces, adds to and removes from a list (case 43)") {
  const std::string base = "only_from = 127.0.0.1";
  CHECK(OnlyFrom(base, "") == "127.0.0.1");
  CHECK(OnlyFrom(base, "only_from = 127.0.0.2") == "127.0.0.2");
  CHECK(OnlyFrom(base, "only_from += 127.0.0.2") == "127.0.0.1 127.0.0.2");
  CHECK(OnlyFrom(base, "only_from -= 127.0.0.1") == "");
  CHECK(OnlyFrom(base, "only_from =") == "");
  CHECK(OnlyFrom("", "") == "everybody");
  CHECK(OnlyFrom("only_from = 127.0.0.1\nonly_from = 127.0.0.2", "") == "127.0.0.1 127.0.0.2");
  CHECK(OnlyFrom("only_from = 127.0.0.1 10.0.0.1\nonly_from -= 10.0.0.1", "") == "127.0.0.1");
}

TEST_CASE("removal takes equal blocks, never what lies within them") {
  CHECK(OnlyFrom("only_from = 10.0.0.0/8", "only_from -= 10.1.0.0/16") == "10.0.0.0/8");
  CHECK(OnlyFrom("only_from = 10.0.0.0/8", "only_from -= 10.0.0.0") == "");
  CHECK(OnlyFrom("only_from = v4.test", "only_from -= V4.TEST") == "");
  CHECK(OnlyFrom("only_from = .example.com", "only_from -= example.com") == ".example.com");
}

TEST_CASE("part of a factorized word can be removed") {
  const Configuration loaded =
      LoadXinetd(DefaultsWith("no_access = 127.0.0.{1,9}") + ServiceWith("no_access -= 127.0.0.9"));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  const AccessList& list = *FindService(loaded, "s1")->no_access;
  CHECK(list.Find(*IpAddress::Parse("127.0.0.1")).has_value());
  CHECK_FALSE(list.Find(*IpAddress::Parse("127.0.0.9")).has_value());
}

TEST_CASE("what cannot be allowed holds the service, and may be taken away") {
  for (const char* word : {"bpf", "@debug", "wriet"}) {
    INFO(word);
    CHECK(IsHeld(LoadXinetd(ServiceWith(std::string("syscalls += ") + word)), "s1"));
    CHECK(IsHeld(LoadXinetd(ServiceWith(std::string("syscalls = read ") + word)), "s1"));
  }
  for (const char* word : {"bpf", "@debug", "setns", "write"}) {
    INFO(word);
    CHECK_FALSE(IsHeld(LoadXinetd(ServiceWith(std::string("syscalls -= ") + word)), "s1"));
  }
  CHECK_FALSE(IsHeld(LoadXinetd(ServiceWith("syscalls += setns")), "s1"));
}

TEST_CASE("a word that means nothing holds the service (cases 18, 35, 36, 38)") {
  for (const char* word :
       {"127.0.0.1,127.0.0.2", "127.1", "127.0.{1,,2}", "127.{0,1}.2.3", "10.0.0.0/33"}) {
    for (const char* attribute : {"only_from", "no_access"}) {
      INFO(attribute << " " << word);
      const Configuration loaded =
          LoadXinetd(ServiceWith(std::string(attribute) + " = " + word + "\ndisable = no"));
      CHECK(IsHeld(loaded, "s1"));
    }
  }
}

TEST_CASE(
    "a host name is a rule, whoever knows it: what it would decide needs the name (case 39)") {
  const Configuration loaded = LoadXinetd(ServiceWith("no_access = no.such.host.invalid"));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  CHECK(FindService(loaded, "s1")->no_access->has_names());
}

TEST_CASE("service ids and patterns are compared without regard to case, variables with") {
  CHECK(ServiceIdItem::Same("A1", "a1"));
  CHECK(PatternItem::Same("CN=x", "cn=X"));
  CHECK_FALSE(VariableItem::Same("Path", "PATH"));
  CHECK_FALSE(AssignmentItem::Same("A=1", "A=2"));
}

}  // namespace postern::policy
