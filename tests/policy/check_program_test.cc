// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

using Argv = std::vector<std::string>;

struct Loaded {
  Configuration configuration;
  const ServiceSpec* spec = nullptr;
  const Program& program() const { return spec->program; }
};

Loaded Load(const std::string& lines, const std::string& defaults = "", FakeSystem system = {}) {
  Loaded loaded{LoadXinetd(DefaultsWith(defaults) + ServiceWith(lines), std::move(system)),
                nullptr};
  loaded.spec = FindService(loaded.configuration, "s1");
  return loaded;
}

}  // namespace

TEST_CASE("NAMEINARGS works wherever it stands (case 64)") {
  CHECK(Load("server_args = -n x").program().argv == Argv{"echo", "-n", "x"});
  CHECK(Load("").program().argv == Argv{"echo"});
  const Argv named{"name", "x"};
  CHECK(Load("flags = NAMEINARGS\nserver_args = name x").program().argv == named);
  CHECK(Load("server_args = name x\nflags = NAMEINARGS").program().argv == named);
  CHECK(Codes(Load("flags = NAMEINARGS").configuration) == "missing-attribute");
}

TEST_CASE("the program behind a tcpd is found as tcpd finds it, or left to it") {
  const auto behind = [](const std::string& args, FakeSystem system = {}) -> std::string {
    const auto loaded =
        Load("server = /usr/sbin/tcpd\nflags = NAMEINARGS NOLIBWRAP\nserver_args = " + args, "",
             std::move(system));
    const auto& wrapped = loaded.spec->wrapped;
    return wrapped ? wrapped->path + " " + wrapped->name : "";
  };
  CHECK(behind("in.ftpd -l") == "/usr/sbin/in.ftpd in.ftpd");
  CHECK(behind("/opt/ftpd -l") == "/opt/ftpd ftpd");
  CHECK(behind("tcpd").empty());
  CHECK(behind("/opt/tcpd").empty());
  FakeSystem lacking;
  lacking.not_executable["/opt/ftpd"] = "no such file";
  CHECK(behind("/opt/ftpd", lacking).empty());
  CHECK_FALSE(Load("server = /usr/sbin/tcpd").spec->wrapped);
  CHECK_FALSE(Load("flags = NAMEINARGS\nserver_args = in.ftpd").spec->wrapped);
}

TEST_CASE("a server that cannot be run holds its service") {
  FakeSystem system;
  system.not_executable["/bin/echo"] = "is a directory";
  const Loaded loaded = Load("", "", system);
  CHECK(Codes(loaded.configuration) == "server-not-executable");
  CHECK(loaded.spec == nullptr);
}

TEST_CASE("credentials follow user, group and groups (case 60)") {
  const auto daemon = Load("user = daemon").program().credentials;
  CHECK(daemon.uid == 1);
  CHECK(daemon.gid == 1);
  CHECK(daemon.groups.empty());
  CHECK(Load("user = daemon\ngroup = adm").program().credentials.gid == 4);
  CHECK(Load("user = 12345").program().credentials.gid == 12345);
  CHECK(Load("user = 12345\ngroup = 6").program().credentials.gid == 6);
  const auto grouped = Load("user = daemon\ngroup = adm\ngroups = yes").program().credentials;
  CHECK(grouped.gid == 4);
  CHECK(grouped.groups == std::vector<std::uint32_t>{1});
  CHECK(Load("user = 8", "groups = yes").program().credentials.groups ==
        std::vector<std::uint32_t>{8, 4});
  CHECK(Load("groups = no", "groups = yes").program().credentials.groups.empty());
}

TEST_CASE("an account that does not exist holds the service") {
  CHECK(Codes(Load("user = nosuch").configuration) == "unknown-user");
  CHECK(Codes(Load("user = 4294967295").configuration) == "bad-value");
  CHECK(Codes(Load("group = nosuch").configuration) == "unknown-group");
  CHECK(Codes(Load("user = 12345\ngroups = yes").configuration) == "unknown-user");
  CHECK(Codes(Load("user = ").configuration) == "wrong-count");
}

TEST_CASE("the environment is all, or what passenv names, and env on top (case 59)") {
  CHECK(Load("").program().environment == Argv{"PATH=/usr/bin", "FOO=foo", "HOME=/root"});
  CHECK(Load("", "passenv = FOO").program().environment == Argv{"FOO=foo"});
  CHECK(Load("passenv =").program().environment.empty());
  CHECK(Load("env = FOO=bar A=1\nenv += B=2", "passenv = FOO").program().environment ==
        Argv{"FOO=bar", "A=1", "B=2"});
  const Loaded undefined = Load("passenv += NOSUCH PATH", "passenv = FOO");
  CHECK(undefined.program().environment == Argv{"FOO=foo", "PATH=/usr/bin"});
  CHECK(Codes(undefined.configuration) == "undefined-variable");
}

TEST_CASE("limits, umask and nice reach the program") {
  const Loaded loaded = Load("rlimit_as = 512M\nrlimit_cpu = 7\nnice = 5\numask = 007",
                             "rlimit_core = 0\numask = 077");
  REQUIRE(loaded.spec != nullptr);
  REQUIRE(loaded.program().limits.size() == 3);
  CHECK(loaded.program().limits[0].kind == ResourceKind::kAddressSpace);
  CHECK(loaded.program().limits[0].value == Limit{512U << 20U});
  CHECK(loaded.program().limits[2].kind == ResourceKind::kCore);
  CHECK(loaded.program().umask == 7U);
  CHECK(loaded.program().nice == 5);
  CHECK_FALSE(Load("").program().umask.has_value());
}

TEST_CASE("a redirect keeps every address, and resolves its port (case 65)") {
  const Loaded loaded = Load("redirect = two.test smtp");
  REQUIRE(loaded.spec != nullptr);
  CHECK(loaded.spec->kind == ServiceKind::kRedirect);
  CHECK(loaded.spec->redirect.addresses.size() == 2);
  CHECK(loaded.spec->redirect.port == 25);
  CHECK(Load("redirect = 127.0.0.1 8080").spec->redirect.port == 8080);
}

TEST_CASE("a redirect that cannot work holds the service (case 67)") {
  for (const char* lines :
       {"redirect = no.such.host 80", "redirect = 127.0.0.1 0", "redirect = 127.0.0.1 65536",
        "redirect = 127.0.0.1 nosuch", "redirect = 127.0.0.1 80\nwait = yes",
        "redirect = 127.0.0.1 80\nsocket_type = dgram\nwait = no",
        "redirect = 127.0.0.1 80\nflags = NAMEINARGS", "log_on_success = TRAFFIC"}) {
    INFO(lines);
    CHECK(IsHeld(Load(lines).configuration, "s1"));
  }
  CHECK(Load("redirect = 127.0.0.1 80\nlog_on_success = TRAFFIC").spec != nullptr);
}

}  // namespace postern::policy
