// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/inetd_drafts.h"

#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

Configuration LoadInetd(const std::string& lines, const std::string& xinetd = "",
                        FakeSystem system = {}) {
  return LoadBoth(xinetd, lines, std::move(system));
}

std::string Ids(const Configuration& configuration) {
  std::string ids;
  for (const auto& service : configuration.services) {
    ids += (ids.empty() ? "" : " ") + service->id;
  }
  return ids;
}

}  // namespace

TEST_CASE("the classic lines become services") {
  const Configuration loaded = LoadInetd(
      "smtp stream tcp nowait mail /usr/sbin/exim exim -bs\n"
      "printer stream tcp nowait lp /usr/lib/cups/daemon/cups-lpd cups-lpd -o x\n"
      "ftp stream tcp nowait root /usr/sbin/tcpd /usr/sbin/proftpd\n");
  REQUIRE(Ids(loaded) == "smtp printer ftp");
  const ServiceSpec& smtp = *loaded.services[0];
  CHECK(smtp.program.path == "/usr/sbin/exim");
  CHECK(smtp.program.argv == std::vector<std::string>{"exim", "-bs"});
  CHECK(smtp.program.credentials.uid == 8);
  CHECK(smtp.program.credentials.groups == std::vector<std::uint32_t>{8, 4});
  CHECK(smtp.listen.port == 25);
  CHECK(smtp.listen.family == Family::kDual);
  CHECK(smtp.no_libwrap);
  const ServiceSpec& ftp = *loaded.services[2];
  CHECK(ftp.program.path == "/usr/sbin/tcpd");
  CHECK(ftp.program.argv == std::vector<std::string>{"/usr/sbin/proftpd"});
  CHECK(loaded.diagnostics.empty());
}

TEST_CASE("defaults apply to inetd.conf lines (case 105)") {
  const Configuration loaded =
      LoadInetd("smtp stream tcp nowait mail /usr/sbin/exim\n",
                DefaultsWith("only_from = 10.0.0.1\ninstances = 3\nbanner_fail = /b"));
  const ServiceSpec* const smtp = FindService(loaded, "smtp");
  REQUIRE(smtp != nullptr);
  REQUIRE(smtp->only_from != nullptr);
  CHECK(smtp->only_from->words().size() == 1);
  CHECK(smtp->instances == Limit{3});
  CHECK(smtp->banners.on_failure == "/b");
  CHECK(smtp->program.argv == std::vector<std::string>{"exim"});
}

TEST_CASE("rate and child limits of the dialects are kept (case 102)") {
  const Configuration loaded = LoadInetd(
      "smtp stream tcp nowait.5 mail /usr/sbin/exim exim\n"
      "ftp stream tcp nowait/10/20/3 root /usr/sbin/ftpd ftpd\n"
      "tftp dgram udp wait.7 root /usr/sbin/tftpd tftpd\n");
  REQUIRE(Ids(loaded) == "smtp ftp tftp");
  CHECK(loaded.services[0]->cps.rate == 5);
  CHECK(loaded.services[0]->cps.wait == 600);
  CHECK(loaded.services[0]->cps.period == 60);
  CHECK(loaded.services[1]->instances == Limit{10});
  CHECK(loaded.services[1]->cps_per_source->count == 20);
  CHECK(loaded.services[1]->cps_per_source->seconds == 60);
  CHECK(loaded.services[1]->per_source == Limit{3});
  CHECK(loaded.services[2]->wait);
  CHECK(loaded.services[2]->cps.rate == 7);
}

TEST_CASE("groups, families, ports and addresses of the dialects are kept (case 102)") {
  const Configuration loaded = LoadInetd(
      "smtp stream tcp6 nowait mail:adm /usr/sbin/exim exim\n"
      "20040 stream tcp nowait daemon.adm /bin/echo echo\n"
      "127.0.0.1:ftp stream tcp nowait root /usr/sbin/ftpd ftpd\n"
      "finger stream tcp nowait first.last /bin/echo echo\n"
      "/run/x.sock stream unix nowait root /bin/echo echo\n");
  REQUIRE(loaded.services.size() == 5);
  CHECK(loaded.services[0]->listen.family == Family::kIpv6Only);
  CHECK(loaded.services[0]->program.credentials.gid == 4);
  CHECK(loaded.services[1]->listen.port == 20040);
  CHECK(loaded.services[1]->program.credentials.gid == 4);
  CHECK(loaded.services[2]->listen.address->ToString() == "127.0.0.1");
  CHECK(loaded.services[2]->listen.family == Family::kIpv4);
  CHECK(loaded.services[3]->program.credentials.uid == 1001);
  CHECK(loaded.services[4]->listen.family == Family::kUnix);
  CHECK(loaded.services[4]->listen.unix_path == "/run/x.sock");
}

TEST_CASE("built-in services are called by name and kind, tcpmux too (cases 102, 104)") {
  const Configuration loaded = LoadInetd(
      "echo stream tcp nowait root internal\necho dgram udp wait root internal\n"
      "tcpmux stream tcp nowait root internal\n"
      "tcpmux/+m1 stream tcp nowait daemon /bin/id id\n",
      DefaultsWith("disabled = echo-dgram nosuch"));
  CHECK(Ids(loaded) == "echo-stream tcpmux-stream m1");
  REQUIRE(loaded.services.size() == 3);
  CHECK(loaded.services[2]->kind == ServiceKind::kTcpmux);
  CHECK(loaded.services[2]->tcpmux_greeting);
  CHECK(loaded.services[1]->builtin == Builtin::kTcpmux);
}

TEST_CASE("a line in error is held and the others run (case 103)") {
  const Configuration loaded = LoadInetd(
      "svc stream\n"
      "smtp stream tcp nowait nosuch /usr/sbin/exim exim\n"
      "telnet dgram udp nowait root /bin/echo echo\n"
      "rstatd/1-3 dgram rpc/udp wait root /bin/echo echo\n"
      "ftp stream tcp nowait root /usr/sbin/ftpd ftpd\n");
  CHECK(loaded.usable);
  CHECK(Ids(loaded) == "ftp");
  CHECK(loaded.held.size() == 4);
  for (const Diagnostic& diagnostic : loaded.diagnostics) CHECK(diagnostic.where.line > 0);
}

TEST_CASE("errors about the user and the server point at their fields") {
  FakeSystem system;
  system.not_executable["/no/such"] = "No such file or directory";
  const Configuration loaded =
      LoadInetd("smtp stream tcp nowait nosuch /no/such exim\n", "", system);
  REQUIRE(Codes(loaded) == "server-not-executable unknown-user");
  CHECK(loaded.diagnostics[0].where.column == 31);
  CHECK(loaded.diagnostics[1].where.column == 24);
}

TEST_CASE("xinetd.conf decides about the services it has, running or disabled (case 106)") {
  const std::string line = "smtp stream tcp nowait mail /usr/sbin/exim exim\n";
  const auto smtp = [](const std::string& extra) {
    return "service smtp\n{\n" + extra +
           "socket_type = stream\nwait = no\nuser = root\nserver = /x\n}\n";
  };
  const Configuration both = LoadInetd(line, smtp(""));
  CHECK(Ids(both) == "smtp");
  CHECK(both.services[0]->program.path == "/x");
  CHECK(Codes(both) == "overruled");
  CHECK(LoadInetd(line, smtp("disable = yes\n")).services.empty());
  CHECK(LoadInetd(line, smtp("bogus = 1\n")).services.empty());
  CHECK(Ids(LoadInetd("echo dgram udp wait root internal\n",
                      "service echo\n{\ntype = INTERNAL\nsocket_type = stream\nwait = no\n}\n")) ==
        "echo echo-dgram");
}

TEST_CASE("names that repeat get ids of their own") {
  CHECK(Ids(LoadInetd("127.0.0.1:telnet stream tcp nowait root /bin/echo echo\n"
                      "127.0.0.2:telnet stream tcp nowait root /bin/echo echo\n"
                      "127.0.0.3,127.0.0.4:telnet stream tcp nowait root /bin/echo echo\n")) ==
        "telnet telnet-tcp telnet-tcp-3 telnet-tcp-3-2");
}

TEST_CASE("inetd.conf alone is a configuration") {
  FakeSystem system;
  LoadOptions options;
  options.inetd_path = "/etc/inetd.conf";
  CHECK_FALSE(LoadConfiguration(options, system).usable);
  system.files["/etc/inetd.conf"] = "smtp stream tcp nowait mail /usr/sbin/exim exim\n";
  const Configuration loaded = LoadConfiguration(options, system);
  CHECK(loaded.usable);
  CHECK(Ids(loaded) == "smtp");
}

}  // namespace postern::policy
