// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/log_codec.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::optional<LogTarget> LogOf(const std::string& value) {
  const Configuration loaded = LoadXinetd(ServiceWith("log_type = " + value));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  if (spec == nullptr) return std::nullopt;
  return spec->log;
}

}  // namespace

TEST_CASE("SYSLOG has a facility and a level, info when none is given") {
  const auto target = LogOf("SYSLOG authpriv");
  REQUIRE(target.has_value());
  CHECK(target->syslog_facility == 80);
  CHECK(target->syslog_level == 6);
  CHECK(LogTypeCodec::Print(*target) == "SYSLOG authpriv info");
  CHECK(LogOf("syslog LOCAL7 Debug")->syslog_facility == 184);
  for (const char* bad : {"SYSLOG", "SYSLOG kern", "SYSLOG daemon loud", "SYSLOG daemon info x"}) {
    INFO(bad);
    CHECK_FALSE(LogOf(bad).has_value());
  }
}

TEST_CASE("FILE has limits, the hard one not below the soft one (case 99)") {
  CHECK_FALSE(LogOf("FILE /l")->soft_limit.has_value());
  CHECK(LogOf("FILE /l 150 300")->hard_limit == 300U);
  CHECK(LogOf("FILE /l 8388608 15728640")->soft_limit == 8388608U);
  for (const char* bad : {"FILE", "FILE l", "FILE /l 10K 5K", "FILE /l x", "FILE /l 1 2 3", "/l"}) {
    INFO(bad);
    CHECK_FALSE(LogOf(bad).has_value());
  }
}

TEST_CASE("without a hard limit it is the soft one and 1 %, from 5 to 20 KiB") {
  CHECK(LogOf("FILE /l 1000")->hard_limit == 1000U + 5120U);
  CHECK(LogOf("FILE /l 1000000")->hard_limit == 1000000U + 10000U);
  CHECK(LogOf("FILE /l 100M")->hard_limit == (100U << 20U) + 20480U);
}

TEST_CASE("Facilities have the numbers of RFC 3164, and nothing else is one") {
  CHECK(SyslogFacility("daemon") == 24);
  CHECK(SyslogFacility("auth") == 32);
  CHECK(SyslogFacility("authpriv") == 80);
  CHECK(SyslogFacility("ftp") == 88);
  CHECK(SyslogFacility("local0") == 128);
  CHECK(SyslogFacility("local7") == 184);
  for (const char* wrong : {"", "local8", "DAEMON ", "daemon2", "info", "24", "kern"}) {
    CHECK_FALSE(SyslogFacility(wrong));
  }
}

}  // namespace postern::policy
