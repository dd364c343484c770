// SPDX-License-Identifier: BSD-2-Clause
// Confinement that is weaker than it looks, or stronger than its program; and what is all right.
#include "policy/check/confinement_findings.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/fake_system.h"

namespace postern::policy::check {
namespace {

using Kind = SystemView::FileFacts::Kind;

Diagnostics Findings(const std::string& text, const FakeSystem& system,
                     const std::string& wrapped = "") {
  const Configuration loaded = LoadXinetd(text, system);
  INFO(Rendered(loaded));
  REQUIRE(loaded.held.empty());
  std::vector<CheckedService> services;
  for (const auto& spec : loaded.services) services.push_back({spec, {}, wrapped});
  return FindInConfinement(services, system);
}

std::string Told(const std::string& lines, const FakeSystem& system = {},
                 const std::string& wrapped = "") {
  std::string told;
  for (const Diagnostic& finding :
       Findings(ServiceWith("user = mail\n" + lines), system, wrapped)) {
    CHECK(finding.where.line > 0);
    told += (told.empty() ? "" : " ") + finding.code;
  }
  return told;
}

FakeSystem With(const std::string& path, std::uint32_t mode) {
  FakeSystem system;
  system.facts[path] = {.kind = Kind::kRegular, .mode = mode};
  return system;
}

}  // namespace

TEST_CASE("a service with a profile and a user of its own is left alone") {
  CHECK(Told("sandbox = standard") == "");
  CHECK(Told("sandbox = baseline") == "");
  CHECK(Told("sandbox = strict\nnetwork = relay") == "");
  CHECK(Told("memory_max = 1M") == "");
}

TEST_CASE("a service without a sandbox is told, once for a line of defaults") {
  CHECK(Told("sandbox = none") == "no-sandbox");
  const Diagnostics all =
      Findings(DefaultsWith("sandbox = none") + ServiceWith("") + ServiceWith("", "s2", "2"), {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].code == "no-sandbox");
  CHECK(all[0].where.line == 3);
}

TEST_CASE("services that say nothing of their sandbox are noted once") {
  CHECK(Told("") == "default-profile");
  const Diagnostics all =
      Findings(ServiceWith("user = mail") + ServiceWith("user = mail", "s2", "2"), {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].severity == Severity::kNote);
  CHECK(all[0].message.find("1 others") != std::string::npos);
}

TEST_CASE("a setuid program that gains nothing is told, with the line that helps") {
  for (const std::uint32_t mode : {04755U, 02755U}) {
    const FakeSystem system = With("/bin/echo", mode);
    CHECK(Told("sandbox = standard", system) == "setuid-program");
    CHECK(Told("sandbox = baseline", system) == "");
    CHECK(Told("sandbox = none", system) == "no-sandbox");
    CHECK(Told("no_new_privileges = no", system) == "");
  }
  const FakeSystem system = With("/bin/echo", 04755);
  const std::string service = ServiceWith("user = mail\nsandbox = standard");
  CHECK(Findings(service, system).at(0).fix == "sandbox = baseline");
  CHECK(Findings(ServiceWith("user = mail\nsandbox = baseline\nno_new_privileges = yes"), system)
            .at(0)
            .fix == "no_new_privileges = no");
}

TEST_CASE("so is a program with capabilities, and one behind tcpd") {
  FakeSystem system = With("/bin/echo", 0755);
  system.facts["/bin/echo"].capabilities = true;
  CHECK(Told("sandbox = standard", system) == "setuid-program");
  CHECK(Told("sandbox = standard", With("/usr/sbin/exim", 04755), "/usr/sbin/exim") ==
        "setuid-program");
}

TEST_CASE("a root service is told with the capabilities that it keeps") {
  const Diagnostics all = Findings(ServiceWith("sandbox = standard"), {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].code == "root-service");
  CHECK(all[0].message.find("audit_write chown dac_override") != std::string::npos);
  CHECK(Findings(ServiceWith("capabilities = chown"), {}).empty());
}

TEST_CASE("a program that everybody may replace is told, whatever confines it") {
  CHECK(Told("sandbox = standard", With("/bin/echo", 0757)) == "writable-program");
  CHECK(Told("sandbox = none", With("/bin/echo", 0757)) == "no-sandbox writable-program");
  FakeSystem system;
  system.facts["/bin"] = {.kind = Kind::kDirectory, .mode = 0777};
  CHECK(Told("sandbox = standard", system) == "writable-program");
}

TEST_CASE("a program that its root lacks is told") {
  const std::string opt = "server = /opt/x/echo\nsandbox = strict";
  CHECK(Told(opt) == "program-outside-root");
  CHECK(Told(opt + "\nread_only_paths += /opt/x") == "");
  CHECK(Told("server = /opt/x/echo\nsandbox = standard") == "");
  CHECK(Told("server = /usrlocal/echo\nsandbox = strict") == "program-outside-root");
  FakeSystem system;
  CHECK(Told("root = /srv/jail", system) == "");
  system.facts["/srv/jail/bin/echo"] = {.error = "No such file or directory"};
  CHECK(Told("root = /srv/jail/", system) == "program-outside-root");
}

TEST_CASE("paths that may be written and should not are told") {
  CHECK(Told("read_write_paths = /bin") == "writable-system");
  CHECK(Told("read_write_paths = /etc/") == "writable-system");
  CHECK(Told("read_write_paths = /") == "writable-system");
  CHECK(Told("server = /opt/x/echo\nread_write_paths = /opt") == "writable-system");
  CHECK(Told("server = /opt/x/echo\nread_write_paths = /opt/x/data /etc/x /op") == "");
}

TEST_CASE("lines that weaken every sandbox are told at their place") {
  CHECK(Told("on_missing = warn") == "missing-tolerated");
  CHECK(Told("syscalls += setns") == "denied-syscall");
  CHECK(Told("syscalls = @basic-io setns") == "denied-syscall");
  CHECK(Told("syscalls -= setns") == "");
  CHECK(Told("syscalls += ptrace") == "");
  CHECK(Told("capabilities = sys_admin kill") == "dangerous-capability");
  CHECK(Told("capabilities = net_admin") == "");
  const Diagnostics all = Findings(DefaultsWith("on_missing = warn") + ServiceWith("user = mail") +
                                       ServiceWith("user = mail", "s2", "2"),
                                   {});
  REQUIRE(all.size() == 1);
  CHECK(all[0].where.line == 3);
}

}  // namespace postern::policy::check
