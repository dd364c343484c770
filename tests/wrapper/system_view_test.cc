// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/system_view.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "tests/testlib/temp_dir.h"

namespace postern::wrapper {
namespace {

using policy::IpAddress;
using testlib::TempDir;
using testlib::WriteFile;

TEST_CASE("Files are read whole and bounded") {
  const TempDir directory;
  const RealSystem system("/");
  WriteFile(directory / "conf", "twelve bytes");
  const auto file = system.ReadFile(directory / "conf", 12);
  CHECK(file.content == "twelve bytes");
  CHECK(file.error.empty());
  CHECK_FALSE(file.missing);
  CHECK(file.real_path == std::filesystem::canonical(directory / "conf"));

  const auto larger = system.ReadFile(directory / "conf", 11);
  CHECK_FALSE(larger.error.empty());
  CHECK(larger.content.empty());
  CHECK_FALSE(larger.missing);
}

TEST_CASE("A missing file is told from one that cannot be read") {
  const TempDir directory;
  const RealSystem system("/");
  CHECK(system.ReadFile(directory / "none", 100).missing);
  CHECK(system.ReadFile(directory / "none", 100).error == "No such file or directory (errno = 2)");
  REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
  for (const std::string& path : {directory / "fifo", directory.path()}) {
    const auto file = system.ReadFile(path, 100);
    CHECK(file.error == "not a regular file");
    CHECK_FALSE(file.missing);
  }
}

TEST_CASE("A link and its target have the same real path") {
  const TempDir directory;
  const RealSystem system("/");
  WriteFile(directory / "conf", "x");
  std::filesystem::create_symlink("conf", directory / "link");
  CHECK(system.ReadFile(directory / "link", 10).real_path ==
        system.ReadFile(directory / "conf", 10).real_path);
}

TEST_CASE("Relative paths count from the start directory after chdir") {
  const TempDir directory;
  const RealSystem system(directory.path());
  WriteFile(directory / "conf", "x");
  std::filesystem::create_directory(directory / "d");
  WriteFile(directory / "d/entry", "y");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path("/");
  CHECK(system.ReadFile("conf", 10).content == "x");
  CHECK(system.ReadFile("d/entry", 10).content == "y");
  CHECK(system.ListDirectory("d").entries.size() == 1);
  CHECK(system.WhyNotExecutable("conf") == "not executable");
  std::filesystem::current_path(before);
  CHECK(RealSystem("/").ReadFile("conf", 10).missing);
}

TEST_CASE("A directory lists its entries and which are regular files") {
  const TempDir directory;
  WriteFile(directory / "file", "");
  std::filesystem::create_directory(directory / "sub");
  std::filesystem::create_symlink("file", directory / "link");
  std::filesystem::create_symlink("nowhere", directory / "dangling");
  auto listed = RealSystem("/").ListDirectory(directory.path());
  CHECK(listed.error.empty());
  std::sort(listed.entries.begin(), listed.entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  REQUIRE(listed.entries.size() == 4);
  const std::pair<const char*, bool> expected[] = {
      {"dangling", false}, {"file", true}, {"link", true}, {"sub", false}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(listed.entries[i].name == expected[i].first);
    CHECK(listed.entries[i].is_regular == expected[i].second);
  }
  CHECK_FALSE(RealSystem("/").ListDirectory(directory / "none").error.empty());
}

TEST_CASE("A program must be a regular file that may be executed") {
  const TempDir directory;
  const RealSystem system("/");
  WriteFile(directory / "script", "#!/bin/sh\n");
  CHECK(system.WhyNotExecutable(directory / "script") == "not executable");
  REQUIRE(::chmod((directory / "script").c_str(), 0755) == 0);
  CHECK(system.WhyNotExecutable(directory / "script").empty());
  CHECK(system.WhyNotExecutable(directory.path()) == "not a regular file");
  CHECK(system.WhyNotExecutable(directory / "none") == "No such file or directory (errno = 2)");
}

TEST_CASE("A file tells its kind, its owner and its mode, links followed") {
  using Kind = policy::SystemView::FileFacts::Kind;
  const TempDir directory;
  const RealSystem system("/");
  WriteFile(directory / "program", "x");
  REQUIRE(::chmod((directory / "program").c_str(), 04751) == 0);
  REQUIRE(::symlink("program", (directory / "link").c_str()) == 0);
  for (const char* name : {"program", "link"}) {
    const auto facts = system.Inspect(directory / name);
    CHECK(facts.kind == Kind::kRegular);
    CHECK(facts.mode == 04751);
    CHECK(facts.uid == ::geteuid());
    CHECK_FALSE(facts.capabilities);
  }
  CHECK(system.Inspect(directory.path()).kind == Kind::kDirectory);
  CHECK(system.Inspect("/dev/null").kind == Kind::kOther);
  const auto none = system.Inspect(directory / "none");
  CHECK(none.kind == Kind::kMissing);
  CHECK(none.error == "No such file or directory (errno = 2)");
}

TEST_CASE("Words of system calls are those of the filter") {
  using enum policy::SystemView::SyscallWord;
  const RealSystem system("/");
  CHECK(system.KindOfSyscall("openat") == kCall);
  CHECK(system.KindOfSyscall("@net-client") == kGroup);
  CHECK(system.KindOfSyscall("ptrace") == kDeniedCall);
  CHECK(system.KindOfSyscall("bpf") == kDeniedToAll);
  CHECK(system.KindOfSyscall("@debug") == kDeniedGroup);
  for (const char* word : {"", "@", "opennat", "@nosuch", "Openat", "0"}) {
    CHECK(system.KindOfSyscall(word) == kUnknown);
  }
  const auto like = system.SyscallsLike("opennat");
  REQUIRE_FALSE(like.empty());
  CHECK(like.front() == "openat");
}

TEST_CASE("Services, protocols and networks are found as their databases have them") {
  const RealSystem system("/");
  for (const auto& [name, protocol] : {std::pair{"smtp", "tcp"}, {"domain", "udp"}}) {
    const servent* entry = ::getservbyname(name, protocol);
    REQUIRE(entry != nullptr);
    CHECK(system.ServicePort(name, protocol) == ntohs(static_cast<std::uint16_t>(entry->s_port)));
  }
  CHECK_FALSE(system.ServicePort("smtp", "icmp"));
  CHECK_FALSE(system.ServicePort("no-such-service", "tcp"));
  CHECK_FALSE(system.ServicePort("no-such-service", "tcp"));
  CHECK(system.ProtocolNumber("tcp") == 6);
  CHECK(system.ProtocolNumber("udp") == 17);
  CHECK_FALSE(system.ProtocolNumber("no-such-protocol"));
  CHECK_FALSE(system.NetworkNumber("no-such-network"));
}

TEST_CASE("Users, groups and memberships agree with the system's own answers") {
  const RealSystem system("/");
  const auto root = system.UserByName("root");
  REQUIRE(root);
  CHECK(root->uid == 0);
  CHECK(root->gid == 0);
  CHECK(system.UserNameById(0) == "root");
  CHECK_FALSE(system.UserByName("no-such-user"));
  CHECK_FALSE(system.UserNameById(4'000'000'000U));
  const passwd* nobody = ::getpwnam("nobody");
  REQUIRE(nobody != nullptr);
  CHECK(system.UserByName("nobody")->uid == nobody->pw_uid);
  const group* daemon_group = ::getgrnam("daemon");
  REQUIRE(daemon_group != nullptr);
  CHECK(system.GroupByName("daemon") == daemon_group->gr_gid);
  CHECK_FALSE(system.GroupByName("no-such-group"));
  const auto groups = system.SupplementaryGroups("root", 12345);
  CHECK(std::count(groups.begin(), groups.end(), 12345U) == 1);
  CHECK(system.SupplementaryGroups("no-such-user", 7) == std::vector<std::uint32_t>{7});
}

TEST_CASE("Host names have addresses, and nonsense has none") {
  const RealSystem system("/");
  const auto addresses = system.HostAddresses("localhost");
  REQUIRE_FALSE(addresses.empty());
  for (const IpAddress& address : addresses) {
    CHECK((address == *IpAddress::Parse("127.0.0.1") || address == *IpAddress::Parse("::1")));
  }
  CHECK(system.HostAddresses("192.0.2.7") == std::vector{*IpAddress::Parse("192.0.2.7")});
  CHECK(system.HostAddresses("LocalHost") == addresses);
  CHECK(system.HostAddresses("127.0.0").empty());
  CHECK(system.HostAddresses("").empty());
  CHECK(system.HostAddresses("not a host").empty());
}

TEST_CASE("The environment is the process's own") {
  ::setenv("POSTERN_SYSTEM_VIEW_TEST", "a=b", 1);
  const auto words = RealSystem("/").Environment();
  CHECK(std::count(words.begin(), words.end(), "POSTERN_SYSTEM_VIEW_TEST=a=b") == 1);
  ::unsetenv("POSTERN_SYSTEM_VIEW_TEST");
  const auto without = RealSystem("/").Environment();
  CHECK(std::count(without.begin(), without.end(), "POSTERN_SYSTEM_VIEW_TEST=a=b") == 0);
}

// Runs `body` in a child with a mount namespace of its own, where it may lay files over those of
// /etc; needs root, which CI has. What the body returns is the exit status: 0 is good.
template <typename Body>
int InPrivateEtc(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool alone = ::unshare(CLONE_NEWNS) == 0 &&
                       ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    ::_exit(alone ? body() : 100);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 101;
  return WEXITSTATUS(status);
}

bool LayOver(const std::string& file, const std::string& target) {
  return ::mount(file.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

TEST_CASE("Five thousand services are looked up in a moment, aliases and all") {
  const TempDir directory;
  std::string services = "twice 7001/tcp first\ntwice 7002/tcp\n";
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    services += "service" + n + " " + std::to_string(10000 + i) + "/tcp alias" + n + " # text\n";
  }
  // An entry whose aliases do not fit the first buffer.
  services += "long 7003/tcp";
  for (int i = 0; i < 2000; ++i) services += " long-alias-" + std::to_string(i);
  services += "\nlast 7004/tcp\n";
  WriteFile(directory / "services", services);
  CHECK(InPrivateEtc([&] {
          if (!LayOver(directory / "services", "/etc/services")) return 1;
          const RealSystem system("/");
          const auto start = std::chrono::steady_clock::now();
          for (int i = 0; i < 5000; ++i) {
            const std::string n = std::to_string(i);
            if (system.ServicePort("service" + n, "tcp") != 10000 + i) return 2;
            if (system.ServicePort("alias" + n, "tcp") != 10000 + i) return 3;
          }
          if (std::chrono::steady_clock::now() - start > std::chrono::milliseconds(500)) return 4;
          if (system.ServicePort("twice", "tcp") != 7001) return 5;
          if (system.ServicePort("first", "tcp") != 7001) return 6;
          if (system.ServicePort("long-alias-1999", "tcp") != 7003) return 7;
          if (system.ServicePort("last", "tcp") != 7004) return 8;
          if (system.ServicePort("service1", "udp")) return 9;
          return 0;
        }) == 0);
}

TEST_CASE("A user in very many groups keeps them all") {
  const TempDir directory;
  std::string groups = "root:x:0:\nlarge:x:60000:";
  for (int i = 0; i < 3000; ++i) groups += "member" + std::to_string(i) + ",";
  groups += "root\n";
  for (int i = 0; i < 300; ++i) {
    groups += "g" + std::to_string(i) + ":x:" + std::to_string(61000 + i) + ":root\n";
  }
  WriteFile(directory / "group", groups);
  CHECK(InPrivateEtc([&] {
          if (!LayOver(directory / "group", "/etc/group")) return 1;
          const RealSystem system("/");
          if (system.SupplementaryGroups("root", 0).size() != 302) return 2;
          if (system.GroupByName("large") != 60000U) return 3;
          return 0;
        }) == 0);
}

TEST_CASE("A network's number is padded on the right and in host order") {
  const TempDir directory;
  WriteFile(directory / "networks", "loopback 127.0.0.0\nlab 10.7 laboratory\n");
  const bool there = std::filesystem::exists("/etc/networks");
  REQUIRE(there);
  CHECK(InPrivateEtc([&] {
          if (!LayOver(directory / "networks", "/etc/networks")) return 1;
          const RealSystem system("/");
          if (system.NetworkNumber("loopback") != 0x7f000000U) return 2;
          if (system.NetworkNumber("laboratory") != 0x0a070000U) return 3;
          return 0;
        }) == 0);
}

TEST_CASE("One object keeps its answers, and a new one sees what has changed") {
  const TempDir directory;
  WriteFile(directory / "services", "moving 7001/tcp\n");
  CHECK(InPrivateEtc([&] {
          if (!LayOver(directory / "services", "/etc/services")) return 1;
          const RealSystem before("/");
          if (before.ServicePort("moving", "tcp") != 7001) return 2;
          WriteFile(directory / "services", "moving 7002/tcp\n");
          if (before.ServicePort("moving", "tcp") != 7001) return 3;
          if (RealSystem("/").ServicePort("moving", "tcp") != 7002) return 4;
          return 0;
        }) == 0);
}

}  // namespace
}  // namespace postern::wrapper
