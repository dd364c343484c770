// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/groups.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "sandbox/filter/call_numbers.h"

namespace postern::sandbox::filter {
namespace {

bool IsOwn(const CallGroup& group) {
  return group.kind != GroupKind::kAlias && group.kind != GroupKind::kPreset;
}

bool Holds(std::string_view word, std::string_view call) {
  return std::ranges::binary_search(Expand(word), NumberOf(call).value());
}

TEST_CASE("Every call there is belongs to one group") {
  std::map<std::uint32_t, std::vector<std::string_view>> groups;
  for (const CallGroup& group : GroupTable()) {
    if (!IsOwn(group)) continue;
    for (const std::uint32_t number : Expand(group.name)) groups[number].push_back(group.name);
  }
  // What these may do is the network attribute's to say, so they are in a group for each answer.
  const std::set<std::string> kTwice = {"socket", "connect"};
  for (std::uint32_t number = 0; number <= kHighestCall; ++number) {
    const std::string name = NameOf(number);
    if (name.empty()) continue;
    INFO(name);
    CHECK(groups[number].size() == (kTwice.contains(name) ? 2 : 1));
    CHECK(GroupOf(number) == groups[number].front());
  }
}

// The listing of tests/golden/call_groups, one line a group.
std::string Listing() {
  std::ostringstream out;
  for (const CallGroup& group : GroupTable()) {
    out << group.name << ':';
    std::set<std::string> names;
    for (const std::uint32_t number : Expand(group.name)) names.insert(NameOf(number));
    for (const std::string& name : names) out << ' ' << name;
    out << '\n';
  }
  return out.str();
}

#if defined(__x86_64__)
TEST_CASE("The groups hold what they held: a change is to be seen in the listing") {
  std::ifstream file(CALL_GROUPS_LISTING);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  CHECK(Listing() == expected);
}
#endif

TEST_CASE("Every name in the table is that of a call or a group, and each is said once") {
  std::set<std::string_view> groups;
  for (const CallGroup& group : GroupTable()) {
    CHECK(groups.insert(group.name).second);
    CHECK((group.kind == GroupKind::kAlias) == group.about.empty());
    std::set<std::string_view> members;
    for (const std::string_view member : group.members) {
      INFO(group.name << ' ' << member);
      CHECK(members.insert(member).second);
      CHECK(KindOf(member) != WordKind::kUnknown);
      // What holds a denied call could be allowed as a whole.
      CHECK(KindOf(member) != WordKind::kDeniedGroup);
      // A group is made of those above it, so none holds itself.
      if (member.starts_with('@')) CHECK(groups.contains(member));
    }
    if (IsOwn(group)) CHECK(std::ranges::none_of(members, [](auto m) { return m[0] == '@'; }));
  }
}

#if defined(__x86_64__)
TEST_CASE("No name in the table is for want of a number without effect here") {
  for (const CallGroup& group : GroupTable()) {
    for (const std::string_view member : group.members) {
      INFO(member);
      CHECK((member.starts_with('@') || NumberOf(member)));
    }
  }
}
#endif

TEST_CASE("Words are told apart") {
  CHECK(KindOf("read") == WordKind::kCall);
  CHECK(KindOf("file_setattr") == WordKind::kCall);
  CHECK(KindOf("mmap2") == WordKind::kCall);  // of 32-bit machines
  CHECK(Expand("mmap2").empty());
  CHECK(KindOf("@io") == WordKind::kGroup);
  CHECK(KindOf("@file-system") == WordKind::kGroup);
  CHECK(KindOf("@preset-ftp") == WordKind::kGroup);
  CHECK(KindOf("@mount") == WordKind::kDeniedGroup);
  for (const char* word : {"", "@", "@nothing", "nothing", "READ", "@IO", " read", "read ", "0"}) {
    INFO(word);
    CHECK(KindOf(word) == WordKind::kUnknown);
    CHECK(Expand(word).empty());
  }
  CHECK(KindOf(std::string_view("read\0x", 6)) == WordKind::kUnknown);
}

TEST_CASE("A call that would undo the sandbox is denied, and in no group that may be allowed") {
  for (const char* call : {"ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "pidfd_getfd",
                           "kcmp",
                           "bpf",
                           "perf_event_open",
                           "userfaultfd",
                           "io_uring_setup",
                           "mount",
                           "umount2",
                           "open_tree",
                           "move_mount",
                           "fsopen",
                           "mount_setattr",
                           "pivot_root",
                           "statmount",
                           "setns",
                           "unshare",
                           "init_module",
                           "finit_module",
                           "delete_module",
                           "kexec_load",
                           "reboot",
                           "swapon",
                           "iopl",
                           "ioperm",
                           "modify_ldt",
                           "add_key",
                           "request_key",
                           "keyctl",
                           "open_by_handle_at",
                           "name_to_handle_at",
                           "quotactl",
                           "acct",
                           "syslog",
                           "settimeofday",
                           "clock_settime",
                           "adjtimex",
                           "vmsplice",
                           "migrate_pages",
                           "move_pages",
                           "mbind",
                           "lookup_dcookie",
                           "uselib"}) {
    INFO(call);
    CHECK(IsAlwaysDenied(NumberOf(call).value()));
    for (const CallGroup& group : GroupTable()) {
      if (group.kind != GroupKind::kDenied) CHECK(!Holds(group.name, call));
    }
  }
  for (const char* call : {"read", "setuid", "clone", "prctl", "personality"}) {
    CHECK(!IsAlwaysDenied(NumberOf(call).value()));
  }
  CHECK(!IsAlwaysDenied(kHighestCall + 1));
  CHECK(GroupOf(kHighestCall + 1).empty());
}

TEST_CASE("systemd's names and the presets are made of our groups") {
  CHECK(Holds("@file-system", "unlink"));
  CHECK(Holds("@network-io", "listen"));
  CHECK(Expand("@chown").size() == 4);
  CHECK(Expand("@timers") == Expand("@timer"));
  CHECK(Holds("@preset-ftp", "setresuid"));
  CHECK(Holds("@preset-ftp", "accept"));
  CHECK(!Holds("@preset-ctf", "unlink"));
  for (const char* preset :
       {"script", "ftp", "tftp", "mail", "git", "rsync", "lpd", "agent", "ctf"}) {
    INFO(preset);
    CHECK(KindOf("@preset-" + std::string(preset)) == WordKind::kGroup);
    CHECK(Holds("@preset-" + std::string(preset), "execve"));
  }
}

TEST_CASE("A word that is nearly one is recognised") {
  CHECK(NearMisses("ptrce") == std::vector<std::string>{"ptrace"});
  CHECK(NearMisses("io") == std::vector<std::string>{"@io"});
  CHECK(NearMisses("@read").front() == "read");
  CHECK(NearMisses("@net-clint") == std::vector<std::string>{"@net-client"});
  CHECK(NearMisses("@proces").front() == "@process");
  CHECK(NearMisses("xyzzyxyzzy").empty());
  CHECK(NearMisses("").empty());
  CHECK(NearMisses(std::string(100'000, 'a')).empty());
  CHECK(NearMisses("opena").size() <= 3);
}

TEST_CASE("What nobody wrote anything about is the groups of the base") {
  const std::vector<std::string> kExpected = {"@start",     "@io",         "@stdio-net",
                                              "@fs-read",   "@fs-write",   "@process",
                                              "@local-ipc", "@net-client", "@net-server"};
  CHECK(BaseWords() == kExpected);
}

}  // namespace
}  // namespace postern::sandbox::filter
