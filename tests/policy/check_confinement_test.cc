// SPDX-License-Identifier: BSD-2-Clause
// Lines about confinement that contradict each other, or that nothing could enforce.
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

using Kind = SystemView::FileFacts::Kind;

struct Conflict {
  std::string lines;
  std::string fix;  // the line that makes the service well
};

std::string Service(const std::string& lines) {
  return "service s1\n{\nsocket_type = stream\nwait = no\nuser = mail\nserver = /bin/echo\n"
         "type = UNLISTED\nport = 20001\n" +
         lines + "\n}\n";
}

std::string Datagram(const std::string& lines) {
  return "service s1\n{\nsocket_type = dgram\nprotocol = udp\nwait = yes\nuser = mail\n"
         "server = /bin/echo\ntype = UNLISTED\nport = 20001\n" +
         lines + "\n}\n";
}

std::string Internal(const std::string& lines) {
  return "service echo\n{\nsocket_type = stream\nwait = no\ntype = INTERNAL UNLISTED\n"
         "port = 20001\n" +
         lines + "\n}\n";
}

}  // namespace

TEST_CASE("lines that contradict each other hold the service, and the fix makes it well") {
  const Conflict conflict =
      GENERATE(Conflict{"idle_timeout = 60", "network = relay"},
               Conflict{"connect_to = 25", "network = client"},
               Conflict{"namespaces += net\nnetwork = server", "namespaces -= net"},
               Conflict{"namespaces -= mount\nprivate_tmp = yes", "namespaces += mount"},
               Conflict{"namespaces -= mount\nprivate_dev = yes", "namespaces += mount"},
               Conflict{"namespaces -= mount\nhidden_paths = /home", "namespaces += mount"},
               Conflict{"namespaces -= mount\nroot = /srv", "namespaces += mount"},
               Conflict{"sandbox = baseline\nread_only_paths = /etc", "namespaces += mount"},
               Conflict{"sandbox = baseline\nread_write_paths = /var", "namespaces += mount"});
  INFO(conflict.lines);
  const Configuration loaded = LoadXinetd(Service(conflict.lines));
  CHECK(IsHeld(loaded, "s1"));
  CHECK(Codes(loaded) == "bad-combination");
  CHECK(loaded.diagnostics.at(0).where.line > 8);
  CHECK(loaded.diagnostics.at(0).fix == conflict.fix);
  CHECK(Codes(LoadXinetd(Service(conflict.lines + "\n" + conflict.fix))).empty());
}

TEST_CASE("a setuid program that says nothing gets the sandbox that it can live in") {
  FakeSystem system;
  system.facts["/bin/echo"] = {.kind = Kind::kRegular, .mode = 04755};
  const Configuration silent = LoadXinetd(Service(""), system);
  CHECK(Codes(silent) == "setuid-baseline");
  CHECK_FALSE(HasErrors(silent.diagnostics));
  const auto& confinement = *FindService(silent, "s1")->confinement;
  CHECK(confinement.profile == SandboxProfile::kBaseline);
  CHECK_FALSE(confinement.no_new_privileges);
  CHECK(confinement.Wrote("sandbox") == nullptr);
  // Whoever writes has thought about it.
  for (const char* line : {"sandbox = standard", "no_new_privileges = yes"}) {
    const Configuration said = LoadXinetd(Service(line), system);
    CHECK(FindService(said, "s1")->confinement->profile == SandboxProfile::kStandard);
    CHECK(Codes(said).empty());
  }
}

TEST_CASE("a relayed connection needs a stream that postern accepts") {
  const Configuration dgram = LoadXinetd(Datagram("network = relay"));
  CHECK(Codes(dgram) == "bad-combination");
  CHECK(dgram.diagnostics.at(0).fix == "network = inherited");
  CHECK(Codes(LoadXinetd(Datagram("network = relay\nidle_timeout = 5"))) == "bad-combination");
  CHECK(IsHeld(LoadXinetd(Datagram("idle_timeout = 5")), "s1"));
  CHECK(Codes(LoadXinetd(Service("network = relay\nidle_timeout = 5"))).empty());
  CHECK(Codes(LoadXinetd(Service("network = relay\nlog_on_success = TRAFFIC"))).empty());
  CHECK(Codes(LoadXinetd(Service("log_on_success = TRAFFIC"))) == "bad-combination");
}

TEST_CASE("sandbox = none takes no other line about confinement") {
  for (const char* line :
       {"network = host", "memory_max = 1M", "capabilities -= kill", "max_lifetime = 5",
        "oom_score_adj = 10", "syscalls += @net-client", "on_missing = warn"}) {
    INFO(line);
    const Configuration loaded = LoadXinetd(Service(std::string("sandbox = none\n") + line));
    CHECK(IsHeld(loaded, "s1"));
    CHECK(Codes(loaded) == "bad-combination");
    CHECK(IsHeld(LoadXinetd(DefaultsWith("sandbox = none") + Service(line)), "s1"));
  }
  const Configuration none = LoadXinetd(Service("sandbox = none\nrlimit_core = 0"));
  CHECK(Codes(none).empty());
  CHECK(FindService(none, "s1")->confinement->profile == SandboxProfile::kNone);
}

TEST_CASE("a service may leave the sandbox that defaults describe") {
  const std::string defaults = DefaultsWith("memory_max = 64M\nhidden_paths = /home");
  CHECK(Codes(LoadXinetd(defaults + Service("sandbox = none"))).empty());
}

TEST_CASE("defaults that take their own effect away are worth one warning") {
  const Configuration loaded = LoadXinetd(DefaultsWith("sandbox = none\nmemory_max = 64M") +
                                          Service("") + ServiceWith("", "s2", "20002"));
  CHECK(Codes(loaded) == "no-effect");
  CHECK(loaded.services.size() == 2);
}

TEST_CASE("what postern-relay serves takes no lines about programs") {
  const Configuration loaded = LoadXinetd(Internal("memory_max = 1M"));
  CHECK(Codes(loaded) == "bad-combination");
  CHECK(IsHeld(loaded, "echo"));
  const Configuration stated = LoadXinetd(Internal("sandbox = strict"));
  CHECK(Codes(stated) == "no-effect");
  REQUIRE(FindService(stated, "echo") != nullptr);
  CHECK(FindService(stated, "echo")->confinement == nullptr);
  CHECK(Codes(LoadXinetd(DefaultsWith("memory_max = 1M") + Internal(""))).empty());
}

TEST_CASE("isolation means nothing to a server that takes every connection") {
  CHECK(Codes(LoadXinetd(Datagram("isolation = fresh"))) == "no-effect");
  CHECK(Codes(LoadXinetd(Service("isolation = fresh\nzygote = eager"))) == "no-effect");
  CHECK(Codes(LoadXinetd(Service("isolation = fresh\nzygote = lazy"))).empty());
  CHECK(Codes(LoadXinetd(Datagram("isolation = zygote"))).empty());
}

TEST_CASE("a path that is not there holds the service") {
  FakeSystem system;
  system.facts["/nowhere"] = {.error = "No such file or directory"};
  system.facts["/etc/passwd"] = {.kind = Kind::kRegular, .mode = 0644};
  for (const char* line :
       {"root = /nowhere", "root = /etc/passwd", "read_only_paths = /etc /nowhere",
        "read_write_paths = /nowhere", "hidden_paths = /nowhere"}) {
    INFO(line);
    const Configuration loaded = LoadXinetd(Service(line), system);
    CHECK(Codes(loaded) == "unknown-path");
    CHECK(IsHeld(loaded, "s1"));
    CHECK(loaded.diagnostics.at(0).where.line == 9);
  }
  CHECK(Codes(LoadXinetd(Service("read_only_paths = /etc/passwd\nroot = /srv"), system)).empty());
}

TEST_CASE("services that say the same share their confinement") {
  const Configuration loaded = LoadXinetd(Service("") + ServiceWith("user = mail", "s2", "20002"));
  REQUIRE(loaded.services.size() == 2);
  CHECK(loaded.services[0]->confinement == loaded.services[1]->confinement);
}

}  // namespace postern::policy
