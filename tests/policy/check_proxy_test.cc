// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

const std::string kRequire = "proxy_protocol = require\n";
const std::string kProxied = kRequire + "proxy_from = 10.0.0.1 10.1.0.0/16 2001:db8::1\n";

std::string CodesOf(const std::string& lines) { return Codes(LoadXinetd(ServiceWith(lines))); }

}  // namespace

TEST_CASE("a service that requires a header says from whom") {
  const Configuration loaded = LoadXinetd(ServiceWith(kProxied));
  CHECK(Codes(loaded).empty());
  const ServiceSpec* const spec = FindService(loaded, "s1");
  REQUIRE(spec != nullptr);
  REQUIRE(spec->proxy_from != nullptr);
  CHECK(spec->proxy_from->Find(*IpAddress::Parse("10.1.2.3")));
  CHECK_FALSE(spec->proxy_from->Find(*IpAddress::Parse("10.2.0.1")));
  for (const char* lines : {"", "proxy_protocol = off\n"}) {
    const Configuration off = LoadXinetd(ServiceWith(lines));
    REQUIRE(FindService(off, "s1") != nullptr);
    CHECK(FindService(off, "s1")->proxy_from == nullptr);
  }
}

TEST_CASE("without a proxy that is an address the service stays down, and the line is named") {
  struct Row {
    const char* lines;
    const char* code;
    std::uint32_t line;
  };
  for (const Row& row :
       {Row{"", "missing-attribute", 9}, Row{"proxy_from =", "missing-attribute", 9},
        Row{"proxy_from = 10.0.0.1 proxy.example.com", "bad-value", 10},
        Row{"proxy_from = .example.com", "bad-value", 10},
        Row{"proxy_from = localhost", "bad-value", 10}}) {
    INFO(row.lines);
    const Configuration loaded = LoadXinetd(ServiceWith(kRequire + row.lines));
    CHECK(Codes(loaded) == row.code);
    CHECK(IsHeld(loaded, "s1"));
    REQUIRE_FALSE(loaded.diagnostics.empty());
    CHECK(loaded.diagnostics[0].where.line == row.line);
  }
}

TEST_CASE("a header can be required of TCP connections that posternd accepts, and of no others") {
  CHECK(CodesOf(kProxied + "wait = yes") == "bad-combination");
  CHECK(CodesOf(kProxied + "socket_type = dgram\nwait = yes") == "bad-combination");
  // The lines that every service here has do not concern these.
  CHECK(CodesOf(kProxied + "redirect = 127.0.0.1 smtp") == "no-effect");
  CHECK(CodesOf(kProxied + "flags = SENSOR") == "no-effect");
  // An ident server knows no connection of a proxy's.
  CHECK(CodesOf(kProxied + "flags = IDONLY") == "bad-combination");
  CHECK(CodesOf(kProxied + "type = TCPMUX UNLISTED") == "no-effect bad-combination");
  CHECK(CodesOf(kProxied + "server = /usr/sbin/tcpd\nserver_args = in.fingerd") ==
        "bad-combination");
}

TEST_CASE("what defaults require, each service may do without") {
  const std::string defaults = DefaultsWith(kProxied);
  const Configuration loaded =
      LoadXinetd(defaults + ServiceWith("") + ServiceWith("proxy_protocol = off", "s2", "2") +
                 ServiceWith("proxy_from += 10.9.0.1", "s3", "3") +
                 ServiceWith("type = TCPMUX UNLISTED", "s4", "4"));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  CHECK(FindService(loaded, "s1")->proxy_from != nullptr);
  REQUIRE(FindService(loaded, "s2") != nullptr);
  CHECK(FindService(loaded, "s2")->proxy_from == nullptr);
  REQUIRE(FindService(loaded, "s3") != nullptr);
  CHECK(FindService(loaded, "s3")->proxy_from->words().size() == 4);
  // tcpmux has read the header of whom it starts.
  REQUIRE(FindService(loaded, "s4") != nullptr);
  CHECK(FindService(loaded, "s4")->proxy_from == nullptr);
}

TEST_CASE("a list that believes everybody, or that nobody asks, is told of") {
  CHECK(CodesOf(kRequire + "proxy_from = 0.0.0.0/0") == "proxy-from-everybody");
  CHECK(CodesOf(kRequire + "proxy_from = ::/0") == "proxy-from-everybody");
  CHECK(CodesOf("proxy_from = 10.0.0.1") == "no-effect");
  CHECK(CodesOf("proxy_protocol = off\nproxy_from = 10.0.0.1") == "no-effect");
}

TEST_CASE("redirect_proxy says what the backend of a redirect gets") {
  const auto proxy_of = [](const std::string& lines) {
    const Configuration loaded = LoadXinetd(ServiceWith("redirect = 127.0.0.1 smtp\n" + lines));
    REQUIRE(FindService(loaded, "s1") != nullptr);
    return FindService(loaded, "s1")->redirect.proxy;
  };
  CHECK(proxy_of("") == RedirectProxy::kOff);
  CHECK(proxy_of("redirect_proxy = off") == RedirectProxy::kOff);
  CHECK(proxy_of("redirect_proxy = v1") == RedirectProxy::kV1);
  CHECK(proxy_of("redirect_proxy = v2") == RedirectProxy::kV2);
  CHECK(CodesOf("redirect_proxy = v1") == "bad-combination");
  CHECK(CodesOf("redirect_proxy = off").empty());
}

}  // namespace postern::policy
