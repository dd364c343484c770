// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string CodesOf(const std::string& text) { return Codes(LoadXinetd(text)); }

}  // namespace

TEST_CASE("unwritten limits are xinetd's defaults") {
  const Configuration loaded = LoadXinetd(ServiceWith(""));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  REQUIRE(spec != nullptr);
  CHECK_FALSE(spec->instances.has_value());
  CHECK_FALSE(spec->per_source.has_value());
  CHECK(spec->cps.rate == 50);
  CHECK(spec->cps.wait == 10);
  CHECK_FALSE(spec->max_load.has_value());
  CHECK_FALSE(spec->cps_per_source.has_value());
  CHECK(spec->only_from == nullptr);
  CHECK(spec->log.kind == LogKind::kNone);
}

TEST_CASE("defaults reach a service, and the service overrules them") {
  const std::string defaults = DefaultsWith(
      "instances = 10\ncps = 50 20\nmax_load = 2.5\ncps_per_source = 5 60\nbanner = /b\n"
      "access_precedence = specific\nlog_on_failure = HOST ATTEMPT");
  const Configuration loaded =
      LoadXinetd(defaults + ServiceWith("") +
                 ServiceWith("instances = UNLIMITED\ncps = 0 1\ncps_per_source = 0 1\nbanner = /c\n"
                             "log_on_failure -= HOST",
                             "s2", "2"));
  const ServiceSpec* const inherits = FindService(loaded, "s1");
  const ServiceSpec* const overrules = FindService(loaded, "s2");
  REQUIRE(inherits != nullptr);
  REQUIRE(overrules != nullptr);
  CHECK(inherits->instances == Limit{10});
  CHECK(inherits->cps.wait == 20);
  CHECK(inherits->cps_per_source->count == 5);
  CHECK(inherits->banners.always == "/b");
  CHECK(inherits->precedence == AccessPrecedence::kSpecific);
  CHECK(inherits->log_on_failure.host);
  CHECK_FALSE(overrules->instances.has_value());
  CHECK(overrules->cps.rate == 0);
  CHECK_FALSE(overrules->cps_per_source.has_value());
  CHECK(overrules->banners.always == "/c");
  CHECK_FALSE(overrules->log_on_failure.host);
  CHECK(overrules->log_on_failure.attempt);
  CHECK(overrules->max_load == 2.5);
}

TEST_CASE("services that inherit a list share it") {
  const Configuration loaded =
      LoadXinetd(DefaultsWith("only_from = 10.0.0.1") + ServiceWith("") +
                 ServiceWith("", "s2", "2") + ServiceWith("only_from += 10.0.0.2", "s3", "3"));
  CHECK(FindService(loaded, "s1")->only_from == FindService(loaded, "s2")->only_from);
  CHECK(FindService(loaded, "s1")->only_from != FindService(loaded, "s3")->only_from);
}

TEST_CASE("address rules on a waiting stream service are refused (case 82)") {
  for (const char* rule :
       {"only_from = 127.0.0.1", "no_access = 10.0.0.1", "only_from =", "only_from = 0.0.0.0/0"}) {
    INFO(rule);
    const Configuration loaded = LoadXinetd(ServiceWith("wait = yes\n" + std::string(rule)));
    CHECK(Codes(loaded) == "unknown-peer-rules");
    CHECK_FALSE(loaded.diagnostics[0].fix.empty());
  }
  CHECK(CodesOf(DefaultsWith("no_access = 10.0.0.1") + ServiceWith("wait = yes")) ==
        "unknown-peer-rules");
  for (const char* rule :
       {"only_from = ::/0", "only_from = 0.0.0.0/0\nflags = IPv4", "no_access =", ""}) {
    INFO(rule);
    CHECK(CodesOf(ServiceWith("wait = yes\n" + std::string(rule))).empty());
  }
  CHECK(CodesOf(ServiceWith("socket_type = dgram\nwait = yes\nonly_from = 127.0.0.1")).empty());
}

TEST_CASE("the libwrap name is the program's, or the service's where there is none (case 57)") {
  const auto name_of = [](const std::string& text) {
    const Configuration loaded = LoadXinetd(text);
    return loaded.services.empty() ? "held" : loaded.services[0]->libwrap_name;
  };
  CHECK(name_of(ServiceWith("id = other")) == "echo");
  CHECK(name_of(ServiceWith("flags = NAMEINARGS\nserver_args = /usr/sbin/foo x")) == "foo");
  CHECK(name_of(ServiceWith("libwrap = bar")) == "bar");
  CHECK(name_of(ServiceWith("redirect = 127.0.0.1 80")) == "s1");
  CHECK(name_of("service daytime\n{\ntype = INTERNAL\nid = dayid\nsocket_type = stream\n"
                "wait = no\n}\n") == "daytime");
}

TEST_CASE("users are asked for and logged where there are connections") {
  const Configuration loaded = LoadXinetd(DefaultsWith("log_on_failure = USERID") +
                                          ServiceWith("log_on_success = USERID\nflags = IDONLY"));
  CHECK(Codes(loaded).empty());
  REQUIRE(loaded.services.size() == 1);
  CHECK(loaded.services[0]->log_on_success.user_id);
  CHECK(loaded.services[0]->log_on_failure.user_id);
  CHECK(loaded.services[0]->ident_only);
}

TEST_CASE("USERID is left out, and IDONLY refused, where nobody's user could be asked for") {
  for (const char* lines : {"wait = yes", "port = 113"}) {
    INFO(lines);
    const std::string users = "log_on_success = USERID\nlog_on_failure = USERID\n";
    const Configuration loaded = LoadXinetd(ServiceWith(users + lines));
    CHECK(Codes(loaded) == "no-effect no-effect");
    REQUIRE(loaded.services.size() == 1);
    CHECK_FALSE(loaded.services[0]->log_on_success.user_id);
    CHECK_FALSE(loaded.services[0]->log_on_failure.user_id);
    CHECK(CodesOf(ServiceWith(std::string("flags = IDONLY\n") + lines)) == "not-supported");
  }
}

}  // namespace postern::policy
