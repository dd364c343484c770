// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/duplicates.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

// Whether two services on one port get in each other's way.
bool Clash(const std::string& first, const std::string& second) {
  const Configuration loaded = LoadXinetd(ServiceWith(first) + ServiceWith(second, "s2", "20001"));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  if (IsHeld(loaded, "s2")) CHECK(Codes(loaded) == "address-in-use");
  return IsHeld(loaded, "s2");
}

}  // namespace

TEST_CASE("one port without bind belongs to the first service (case 29)") { CHECK(Clash("", "")); }

TEST_CASE("one port and one address belong to the first, different ones do not clash (case 30)") {
  CHECK(Clash("bind = 127.0.0.1", "bind = 127.0.0.1"));
  CHECK_FALSE(Clash("bind = 127.0.0.1", "bind = 127.0.0.2"));
  CHECK_FALSE(Clash("bind = 127.0.0.1", "bind = ::1"));
}

TEST_CASE("a listening socket on all addresses holds each of them") {
  CHECK(Clash("", "bind = 127.0.0.1"));
  CHECK(Clash("bind = 127.0.0.1", "flags = IPv4"));
  CHECK(Clash("flags = IPv6", "flags = IPv4"));
  CHECK_FALSE(Clash("flags = IPv4", "v6only = yes"));
  CHECK_FALSE(Clash("v6only = yes", "bind = 127.0.0.1"));
  CHECK(Clash("v6only = yes", "bind = ::1"));
}

TEST_CASE("UDP and TCP do not meet, and UDP lets the closer address stand beside all") {
  const std::string udp = "socket_type = dgram\nwait = yes";
  CHECK_FALSE(Clash("", udp));
  CHECK(Clash(udp, udp));
  CHECK_FALSE(Clash(udp, udp + "\nbind = 127.0.0.1"));
}

TEST_CASE("an id belongs to the first service, whatever the case (case 28)") {
  const Configuration loaded =
      LoadXinetd(ServiceWith("id = One") + ServiceWith("id = one", "s2", "2"));
  CHECK(Codes(loaded) == "duplicate-id");
  CHECK(loaded.services.size() == 1);
  CHECK(loaded.services[0]->id == "One");
  REQUIRE(loaded.held.size() == 1);
  CHECK(loaded.held[0].where.line == loaded.diagnostics[0].where.line);
}

TEST_CASE("a held service keeps its id, so that no second one takes its place") {
  const Configuration loaded =
      LoadXinetd(ServiceWith("no_access = 1,2") + ServiceWith("", "s1", "2"));
  CHECK(loaded.services.empty());
  CHECK(loaded.held.size() == 2);
}

}  // namespace postern::policy
