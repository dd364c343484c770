// SPDX-License-Identifier: BSD-2-Clause
// The real libwrap: that it does what the numbered cases and COMPATIBILITY.md say of it, and that
// postern differs where it says so. Names of test cases begin with the row.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>

#include "tests/differential/libwrap_surroundings.h"
#include "tests/differential/numbered_cases.h"
#include "tests/differential/postern_side.h"
#include "tests/differential/real_libwrap.h"
#include "tests/differential/staged_world.h"
#include "tests/testlib/temp_dir.h"

namespace postern::differential {
namespace {

using oracle::HostsAnswer;
using oracle::HostsCaller;
using oracle::HostsFile;
using oracle::HostsWorld;
using Verdict = HostsAnswer::Verdict;

const HostsCaller kClient = {"ftpd", "carol", "alpha.lab.example.org", "192.0.2.50", "", "", {}};
const HostsCaller kIpv6Client = {"ftpd", "", "", "2001:db8:a::7", "", "", {}};

RealLibwrap& Libwrap() {
  const char* given = std::getenv("POSTERN_PEERS");
  static const auto libwrap = RealLibwrap::Load(given != nullptr ? given : POSTERN_PEERS_DIR);
  REQUIRE(libwrap);
  return *libwrap;
}

HostsFile File(const std::string& content) { return {HostsFile::State::kFile, content}; }

// Both asked about the same files.
class Pair {
 public:
  explicit Pair(HostsWorld world) : world_(std::move(world)) {
    folder_.Stage(world_);
    SetSurroundings(&world_);
    postern_.Compile(world_, folder_.allow_path(), folder_.deny_path());
  }
  Pair(const std::string& allow, const std::string& deny) : Pair(Tables(allow, deny)) {}

  static HostsWorld Tables(const std::string& allow, const std::string& deny) {
    HostsWorld world;
    world.allow = File(allow);
    world.deny = File(deny);
    return world;
  }

  Verdict Real(const HostsCaller& caller) {
    return Libwrap().Decide(folder_.allow_path(), folder_.deny_path(), caller).verdict;
  }
  bool RealInEarnest(const HostsCaller& caller) {
    return Libwrap().DecideInEarnest(folder_.allow_path(), folder_.deny_path(), caller);
  }
  Verdict Ours(const HostsCaller& caller) { return postern_.Decide(caller).verdict; }

  // The wait status of a process that does nothing but ask.
  int RealInChild(const HostsCaller& caller) {
    Libwrap();
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr unsigned kLongEnough = 30;
      constexpr int kAnswered = 42;
      ::alarm(kLongEnough);
      // Its death is not the test's.
      for (const int signal : {SIGSEGV, SIGABRT, SIGBUS}) std::signal(signal, SIG_DFL);
      Real(caller);
      ::_exit(kAnswered);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
  }

 private:
  HostsWorld world_;
  StagingFolder folder_;
  PosternSide postern_;
};

void BothSay(Pair&& pair, const HostsCaller& caller, Verdict verdict) {
  CHECK(pair.Real(caller) == verdict);
  CHECK(pair.Ours(caller) == verdict);
}

void OnlyOursRefuses(Pair&& pair, const HostsCaller& caller) {
  CHECK(pair.Real(caller) == Verdict::kAllow);
  CHECK(pair.Ours(caller) == Verdict::kDeny);
}

bool Died(int status) { return WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM; }

TEST_CASE("the real library decides each numbered case as it is written down") {
  for (const NumberedCase& numbered : NumberedCases()) {
    INFO("case " << numbered.number << ": " << numbered.point);
    StagingFolder folder;
    const HostsWorld world = WorldOf(numbered, folder.path());
    folder.Stage(world);
    SetSurroundings(&world);
    const HostsAnswer answer =
        Libwrap().Decide(folder.allow_path(), folder.deny_path(), CallerOf(numbered));
    CHECK((answer.verdict != Verdict::kDeny) == numbered.granted);
  }
}

TEST_CASE("each difference of a numbered case is a row of COMPATIBILITY.md") {
  const std::string rows = testlib::ContentOf(POSTERN_COMPATIBILITY);
  for (const NumberedCase& numbered : NumberedCases()) {
    if (numbered.difference == nullptr) continue;
    INFO(numbered.difference);
    CHECK(rows.find("\n| " + std::string(numbered.difference) + " |") != std::string::npos);
  }
}

TEST_CASE("malformed-length: a length that is none holds nobody where it would grant") {
  for (const char* length : {"junk", "", "-", "0x40", "4294967296"}) {
    INFO(length);
    const std::string net = std::string("[2001:db8::]/") + length;
    OnlyOursRefuses(Pair("ftpd: " + net + "\n", "ALL: ALL\n"), kIpv6Client);
    OnlyOursRefuses(Pair("", "ftpd: ALL EXCEPT " + net + "\n"), kIpv6Client);
    BothSay(Pair("", "ftpd: " + net + "\n"), kIpv6Client, Verdict::kDeny);
    BothSay(Pair("ftpd: ALL EXCEPT " + net + "\n", "ALL: ALL\n"), kIpv6Client, Verdict::kDeny);
    BothSay(Pair("ftpd: " + net + ": deny\n", ""), kIpv6Client, Verdict::kDeny);
    BothSay(Pair("ftpd: " + net + ": twist no\n", ""), kIpv6Client, Verdict::kTwist);
  }
  BothSay(Pair("ftpd: [::]/0\n", "ALL: ALL\n"), kIpv6Client, Verdict::kAllow);
}

TEST_CASE("pattern-file: a file that cannot be read grants nothing and excepts nobody") {
  const std::string missing = "/nonexistent/clients";
  OnlyOursRefuses(Pair("ftpd: ALL EXCEPT " + missing + "\n", "ALL: ALL\n"), kClient);
  OnlyOursRefuses(Pair("", "ftpd: " + missing + "\n"), kClient);
  OnlyOursRefuses(Pair("", "ftpd: 10. " + missing + "\n"), kClient);
  BothSay(Pair("ftpd: " + missing + "\n", "ALL: ALL\n"), kClient, Verdict::kDeny);
  BothSay(Pair("ftpd: ALL EXCEPT " + missing + ": deny\n", ""), kClient, Verdict::kDeny);
  BothSay(Pair("", "ftpd: " + missing + ": allow\nALL: ALL\n"), kClient, Verdict::kDeny);
  // Decided before the file is consulted.
  BothSay(Pair("ftpd: 192.0.2. " + missing + "\n", "ALL: ALL\n"), kClient, Verdict::kAllow);
  Pair twist("ftpd: ALL EXCEPT " + missing + ": twist no\n", "");
  CHECK(twist.Real(kClient) == Verdict::kTwist);
  CHECK(twist.Ours(kClient) == Verdict::kDeny);
}

TEST_CASE("pattern-file-circle: what kills tcp_wrappers is a file that cannot be used") {
  StagingFolder names;  // only for its name
  const std::string path = names.path() + "/clients";
  for (const std::string& content : {path + "\n", std::string(20000, 'x') + "\n"}) {
    HostsWorld world = Pair::Tables("ftpd: " + path + "\n", "ALL: ALL\n");
    world.pattern_files[path] = File(content);
    Pair pair(world);
    CHECK(Died(pair.RealInChild(kClient)));
    CHECK(pair.Ours(kClient) == Verdict::kDeny);
  }
}

TEST_CASE("expansion-overflow: refuses, where tcp_wrappers ends the process with status 0") {
  std::string rule = "ftpd: ALL: spawn ";
  for (int letter = 0; letter < 900; ++letter) rule += "%a";
  Pair pair(rule + "\n", "");
  const int status = pair.RealInChild(kClient);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(pair.Ours(kClient) == Verdict::kDeny);
}

TEST_CASE("table-not-a-file: a directory in the place of hosts.deny refuses everybody") {
  HostsWorld world;
  world.deny.state = HostsFile::State::kDirectory;
  OnlyOursRefuses(Pair(world), kClient);
  world.deny.state = HostsFile::State::kUnreadable;
  BothSay(Pair(world), kClient, Verdict::kDeny);
  world.deny.state = HostsFile::State::kMissing;
  world.allow.state = HostsFile::State::kDirectory;
  BothSay(Pair(world), kClient, Verdict::kAllow);
}

TEST_CASE("aclexec: one failure does not open later rules") {
  const int answers = [] {
    Libwrap();
    const pid_t child = ::fork();
    if (child == 0) {
      Pair failing("ftpd: ALL: aclexec exit 1\n", "");
      Pair later("", "ftpd: ALL: severity info\n");
      const bool before = later.RealInEarnest(kClient);
      failing.RealInEarnest(kClient);
      ::_exit((before ? 1 : 0) + (later.RealInEarnest(kClient) ? 2 : 0));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }();
  CHECK(answers == 2);  // refused before the failure, granted behind it
  CHECK(Pair("", "ftpd: ALL: severity info\n").Ours(kClient) == Verdict::kDeny);
}

TEST_CASE("empty-daemon: an empty name is a name") {
  HostsCaller nameless = kClient;
  nameless.daemon = "";
  BothSay(Pair("", "UNKNOWN: ALL\n"), nameless, Verdict::kAllow);
  BothSay(Pair("UNKNOWN: ALL\n", "ALL: ALL\n"), nameless, Verdict::kDeny);
  BothSay(Pair("", "KNOWN: ALL\n"), nameless, Verdict::kDeny);
  BothSay(Pair("KNOWN: ALL\n", "ALL: ALL\n"), nameless, Verdict::kAllow);
}

TEST_CASE("zone-name: an address whose interface is not there is none") {
  HostsCaller here = kIpv6Client, gone = kIpv6Client;
  here.client_address = "fe80::5%lo";
  gone.client_address = "fe80::5%nosuch7";
  for (const char* pattern : {"[fe80::%lo]/10", "[fe80::5%lo]", "[fe80::5%1]", "[fe80::5]"}) {
    const std::string rule = std::string("ftpd: ") + pattern + "\n";
    INFO(rule);
    BothSay(Pair(rule, "ALL: ALL\n"), here, Verdict::kAllow);
    BothSay(Pair("", rule), here, Verdict::kDeny);
    BothSay(Pair(rule, "ALL: ALL\n"), gone, Verdict::kDeny);
    BothSay(Pair("", rule), gone, Verdict::kAllow);
  }
  for (const char* pattern : {"[fe80::%nosuch7]/10", "[fe80::5%nosuch7]", "[fe80::5%LO]"}) {
    const std::string rule = std::string("ftpd: ") + pattern + "\n";
    INFO(rule);
    for (const HostsCaller& caller : {here, gone}) {
      BothSay(Pair(rule, "ALL: ALL\n"), caller, Verdict::kDeny);
      BothSay(Pair("", "ftpd: ALL EXCEPT " + std::string(pattern) + "\n"), caller, Verdict::kDeny);
    }
  }
}

}  // namespace
}  // namespace postern::differential
