// SPDX-License-Identifier: BSD-2-Clause
// Services that start and are dangerous, and their neighbours that are not.
#include "policy/check/service_findings.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "tests/testlib/fake_system.h"
#include "tests/testlib/hosts_scenario.h"

namespace postern::policy::check {
namespace {

std::string Told(const std::string& lines, const testlib::HostsFiles& files = {},
                 const std::string& wrapped = "") {
  FakeSystem system;
  system.not_executable["/no/such"] = "no such file";
  const Configuration loaded = LoadXinetd(ServiceWith(lines));
  std::vector<CheckedService> services;
  for (const auto& spec : loaded.services) {
    std::vector<std::string> names;
    if (!spec->no_libwrap) names.push_back(spec->libwrap_name);
    services.push_back({spec, names, wrapped});
  }
  REQUIRE(services.size() == 1);
  std::string told;
  for (const Diagnostic& finding :
       FindInServices(services, *testlib::CompileHosts(files), system)) {
    CHECK(finding.where.line > 0);
    told += (told.empty() ? "" : " ") + finding.code;
  }
  return told;
}

TEST_CASE("a root service that anybody reaches is told") {
  CHECK(Told("") == "world-open-root");
  CHECK(Told("only_from = 0.0.0.0/0") == "world-open-root");
  CHECK(Told("", {{"deny", "echo: 10.\n"}}) == "world-open-root");
  CHECK(Told("", {{"deny", "other: ALL\n"}}) == "world-open-root");
  CHECK(Told("flags = NOLIBWRAP", {{"deny", "ALL: ALL\n"}}) == "world-open-root");
  CHECK(Told("", {{"allow", "ALL: ALL\n"}, {"deny", "ALL: ALL\n"}}) == "world-open-root");
}

TEST_CASE("a service that keeps strangers out, or is not root, is left alone") {
  CHECK(Told("only_from = 10.0.0.0/8") == "");
  CHECK(Told("only_from =") == "");
  CHECK(Told("", {{"deny", "ALL: ALL\n"}}) == "");
  CHECK(Told("", {{"deny", "echo: ALL EXCEPT 10. @g\n"}}) == "");
  CHECK(Told("", {{"deny", "ALL: UNKNOWN\n"}}) == "");
  CHECK(Told("bind = 127.0.0.1") == "");
}

TEST_CASE("names in no_access are told, in only_from they are not") {
  CHECK(Told("only_from = 10.0.0.0/8\nno_access = .example.org 10.1.1.1") == "name-in-no-access");
  CHECK(Told("only_from = .example.org\nno_access = 10.1.1.1") == "");
}

TEST_CASE("an address with bits behind its mask is told") {
  CHECK(Told("only_from = 10.0.0.1/8") == "address-lint");
  CHECK(Told("proxy_protocol = require\nproxy_from = 10.0.0.1/8\nonly_from = 10.0.0.0/8") ==
        "address-lint");
  CHECK(Told("only_from = 10.0.0.0/8") == "");
}

TEST_CASE("the program behind tcpd must be there") {
  CHECK(Told("only_from = 10.0.0.0/8", {}, "/no/such") == "wrapped-program");
  CHECK(Told("only_from = 10.0.0.0/8", {}, "/bin/echo") == "");
}

TEST_CASE("rules that allow mean nothing where nothing refuses") {
  const auto count = [](const std::string& allow, const std::string& deny) {
    return FindNothingRefused(*testlib::CompileHosts({{"allow", allow}, {"deny", deny}})).size();
  };
  CHECK(count("a: b\n", "") == 1);
  CHECK(count("a: b\n", "c: d\n") == 0);
  CHECK(count("a: b\na: c: deny\n", "") == 0);
  CHECK(count("", "") == 0);
  CHECK(count("a: b\n", "no newline") == 0);
}

TEST_CASE("strangers are not tried on tables that take too long, which is told") {
  std::string globs;
  for (int i = 0; i < 1500; ++i) {
    globs += "echo:";
    for (int k = 0; k < 300; ++k) globs += " *" + std::to_string(k % 10) + "?q";
    globs += '\n';
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(Told("", {{"deny", globs + globs}}) == "analysis-incomplete");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(15));
  std::string listed;
  for (int i = 0; i < 100'000; ++i) {
    listed += "echo: 10." + std::to_string(i % 256) + "." + std::to_string(i / 256) + ".1\n";
  }
  CHECK(Told("", {{"deny", listed}}) == "world-open-root");
  std::string file;
  for (int i = 0; i < 500'000; ++i) file += "x*y ";
  CHECK(Told("", {{"deny", "echo: /f\n"}, {"/f", file + file}}) == "analysis-incomplete");
}

}  // namespace
}  // namespace postern::policy::check
