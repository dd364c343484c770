// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/resolver_files.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

using Order = std::vector<NameSource>;
constexpr auto kFiles = NameSource::kFiles, kDns = NameSource::kDns;

TEST_CASE("names come from where nsswitch.conf says, in its order") {
  const auto Ask = [](std::string_view text) { return ParseNameSources(text); };
  CHECK(Ask("passwd: ldap\nhosts:\tfiles dns # x\n").order == Order{kFiles, kDns});
  CHECK(Ask("hosts: dns files").order == Order{kDns, kFiles});
  CHECK(Ask("hosts: files\nhosts: dns\n").order == Order{kFiles});
  CHECK(Ask("hosts:files dns\n").order == Order{kFiles, kDns});
  CHECK(Ask("").order == Order{kFiles, kDns});
  CHECK(Ask("hosts:\n").order.empty());
  CHECK(Ask("hosts: files dns\n").whole);
}

TEST_CASE("what else nsswitch.conf names is known to be missing") {
  for (const char* text : {"hosts: files myhostname dns", "hosts: files [NOTFOUND=return] dns",
                           "hosts: ldap", "hosts: files mdns4_minimal dns"}) {
    INFO(text);
    CHECK_FALSE(ParseNameSources(text).whole);
  }
}

TEST_CASE("resolv.conf names up to three servers and how to ask them") {
  const auto settings = ParseResolverSettings(
      "# nameserver 192.0.2.9\n; nameserver 192.0.2.9\nsearch example.test\n"
      "nameserver 192.0.2.1\nnameserver nonsense\nnameserver fe80::1%eth0\n"
      "nameserver 2001:db8::1\nnameserver 192.0.2.4\n"
      "options timeout:99 attempts:3 rotate use-vc edns0 ndots:2\n");
  REQUIRE(settings.servers.size() == kMaxNameServers - 1);  // no link-local one
  CHECK(settings.servers[0].ToString() == "192.0.2.1");
  CHECK(settings.servers[1].ToString() == "2001:db8::1");
  CHECK(settings.timeout == std::chrono::seconds(30));
  CHECK(settings.attempts == 3);
  CHECK(settings.rotate);
  CHECK(settings.use_tcp);
}

TEST_CASE("without a server the machine itself is asked") {
  const auto settings = ParseResolverSettings("options timeout: attempts:0 timeout:x\n");
  REQUIRE(settings.servers.size() == 1);
  CHECK(settings.servers[0].ToString() == "127.0.0.1");
  CHECK(settings.timeout == std::chrono::seconds(5));
  CHECK(settings.attempts == 1);
  CHECK(ParseResolverSettings("nameserver fe80::1%eth0\n").servers.empty());
}

}  // namespace
}  // namespace postern::policy
