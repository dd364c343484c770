// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/name_rules.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

TEST_CASE("a name stands when its own lookup points back") {
  CHECK(JudgeName("A.test", false, {true, "a.TEST", true}) == NameStanding::kConfirmed);
  CHECK(JudgeName("localhost", false, {true, "here.test", true}) == NameStanding::kConfirmed);
  CHECK(JudgeName("10.9.8.7", true, {true, "10.9.8.7", true}) == NameStanding::kNumeric);
  CHECK(JudgeName("a.test", false, {}) == NameStanding::kNoForward);
  CHECK(JudgeName("a.test", false, {true, "b.test", true}) == NameStanding::kOtherName);
  CHECK(JudgeName("a.test", false, {true, "a.test", false}) == NameStanding::kOtherAddress);
}

TEST_CASE("each reason has the words of tcp_wrappers") {
  const auto Text = [](NameStanding standing) {
    return StandingText(standing, "a.test", "b.test", "192.0.2.1", "AF_INET");
  };
  CHECK(Text(NameStanding::kConfirmed).empty());
  CHECK(Text(NameStanding::kNumeric) ==
        "host name/name mismatch: reverse lookup results in non-FQDN a.test");
  CHECK(Text(NameStanding::kNoForward) ==
        "can't verify hostname: getaddrinfo(a.test, AF_INET) failed");
  CHECK(Text(NameStanding::kOtherName) == "host name/name mismatch: a.test != b.test");
  CHECK(Text(NameStanding::kOtherAddress) == "host name/address mismatch: 192.0.2.1 != b.test");
}

}  // namespace
}  // namespace postern::policy
