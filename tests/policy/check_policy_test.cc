// SPDX-License-Identifier: BSD-2-Clause
// All findings of four files together: their order, and what a foreign file hides.
#include "policy/check/check_policy.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/fake_system.h"
#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::check {
namespace {

std::string Told(const testlib::HostsFiles& files, const std::string& xinetd = "",
                 const std::string& inetd = "") {
  const auto hosts = testlib::CompileHosts(files);
  const Configuration loaded = LoadBoth(xinetd, inetd);
  std::vector<CheckedService> services;
  for (const auto& spec : loaded.services) services.push_back({spec, {spec->libwrap_name}, ""});
  std::string told;
  for (const Diagnostic& finding :
       CheckPolicy({*hosts, loaded, services, "x.conf", "i.conf"}, FakeSystem())) {
    told += (told.empty() ? "" : " ") + finding.where.file + ":" +
            std::to_string(finding.where.line) + ":" + finding.code;
  }
  return told;
}

TEST_CASE("findings come by file, line and column") {
  CHECK(Told({{"allow", "a: 10.\nsshd: 1.2 3.4\n"}, {"deny", "xx\nssh: ALL\n"}},
             ServiceWith("nonsense = 1"), "foo\n") ==
        "allow:1:unused-daemon allow:2:impossible-address allow:2:impossible-address "
        "deny:1:missing-colon deny:2:unused-daemon x.conf:9:unknown-attribute "
        "i.conf:1:missing-field");
}

TEST_CASE("a policy without mistakes has no finding") {
  CHECK(Told({{"allow", "sshd: 10.\n"}, {"deny", "ALL: ALL\n"}},
             ServiceWith("user = mail\nsandbox = standard")) == "");
  CHECK(Told({}) == "");
}

TEST_CASE("the names of services and of those that stay down are daemons") {
  CHECK(Told({{"deny", "echo, s1: ALL\n"}}, ServiceWith("user = mail\nsandbox = strict")) ==
        "deny:1:unused-daemon");
  CHECK(Told({{"deny", "s1: ALL\n"}}, ServiceWith("port = x")).find("unused-daemon") ==
        std::string::npos);
}

TEST_CASE("a foreign file has one finding") {
  const std::string names = "a.example.org\nb.example.org\nc.example.org\n";
  CHECK(Told({{"deny", names}}) == "deny:1:not-hosts-file");
  CHECK(Told({}, "", "a b c\nd e f\ng h i\n") == "i.conf:1:not-inetd-file");
}

}  // namespace
}  // namespace postern::policy::check
