// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/resolve_confinement.h"

#include <catch2/catch.hpp>

#include "policy/service/attributes.h"
#include "policy/service/profile_defaults.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

using Names = std::vector<std::string>;

// The confinement of the one service of a file, which must be without errors.
Confinement Of(const std::string& service, const std::string& defaults = {}) {
  const std::string text = (defaults.empty() ? "" : DefaultsWith(defaults)) + ServiceWith(service);
  const Configuration loaded = LoadXinetd(text);
  INFO(Rendered(loaded));
  REQUIRE(FindService(loaded, "s1") != nullptr);
  return *FindService(loaded, "s1")->confinement;
}

Names Sorted(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

}  // namespace

TEST_CASE("who writes nothing has the standard profile") {
  const Confinement plain = Of("user = daemon");
  CHECK(plain.profile == SandboxProfile::kStandard);
  CHECK(plain.namespaces == DefaultsOf(SandboxProfile::kStandard).namespaces);
  CHECK(plain.network == NetworkAccess::kInherited);
  CHECK(plain.no_new_privileges);
  CHECK(plain.capabilities.empty());
  CHECK(plain.bounding.empty());
  CHECK(plain.private_tmp);
  CHECK(plain.read_only_system);
  CHECK(plain.on_missing == OnMissing::kRefuse);
  CHECK_FALSE(plain.connect_to);
  CHECK(plain.written.empty());
}

TEST_CASE("root keeps the short list of its profile, everybody else none") {
  const Names standard = Sorted(DefaultsOf(SandboxProfile::kStandard).capabilities);
  CHECK(Of("user = root").capabilities == standard);
  CHECK(Of("user = root").bounding == standard);
  CHECK(Of("user = daemon\nsandbox = strict").capabilities.empty());
}

TEST_CASE("a setuid program can gain what the profile leaves, unless it gains nothing") {
  const Names baseline = Sorted(DefaultsOf(SandboxProfile::kBaseline).capabilities);
  const Confinement open = Of("user = daemon\nsandbox = baseline");
  CHECK(open.capabilities.empty());
  CHECK(open.bounding == baseline);
  const Confinement shut = Of("user = daemon\nsandbox = baseline\nno_new_privileges = yes");
  CHECK(shut.bounding.empty());
  const Confinement more = Of("user = daemon\nsandbox = baseline\ncapabilities = sys_time");
  CHECK(more.capabilities == Names{"sys_time"});
  CHECK(more.bounding.size() == baseline.size() + 1);
}

TEST_CASE("=, += and -= work on the list of the profile") {
  CHECK(Of("user = root\ncapabilities += net_raw\ncapabilities -= chown setuid").capabilities ==
        Names{"audit_write", "dac_override", "fowner", "fsetid", "kill", "net_bind_service",
              "net_raw", "setgid", "sys_chroot"});
  CHECK(Of("user = daemon\ncapabilities += net_raw").capabilities == Names{"net_raw"});
  CHECK(Of("user = root\ncapabilities = chown chown").capabilities == Names{"chown"});
  CHECK(Of("user = root\ncapabilities =").capabilities.empty());
  CHECK(Of("namespaces -= pid ipc").namespaces == NamespaceSet{.mount = true, .uts = true});
  CHECK(Of("namespaces += time").namespaces ==
        NamespaceSet{.mount = true, .pid = true, .ipc = true, .uts = true, .time = true});
  CHECK(Of("namespaces = mount pid").namespaces == NamespaceSet{.mount = true, .pid = true});
}

TEST_CASE("the list of system calls stays an edit of the profile's") {
  CHECK(Of("").syscalls == SyscallEdit{});
  CHECK(Of("syscalls += @net-client\nsyscalls -= ptrace").syscalls ==
        SyscallEdit{.added = {"@net-client"}, .removed = {"ptrace"}});
  CHECK(Of("syscalls = @basic-io").syscalls == SyscallEdit{.replaced = Names{"@basic-io"}});
  CHECK(Of("syscalls = @basic-io\nsyscalls -= read").syscalls ==
        SyscallEdit{.replaced = Names{"@basic-io"}, .removed = {"read"}});
}

TEST_CASE("the last word about a system call counts") {
  CHECK(Of("syscalls -= ptrace\nsyscalls += ptrace").syscalls == SyscallEdit{.added = {"ptrace"}});
  CHECK(Of("syscalls += ptrace\nsyscalls -= ptrace").syscalls ==
        SyscallEdit{.removed = {"ptrace"}});
}

TEST_CASE("a service edits what defaults made of the profile's list") {
  CHECK(Of("syscalls += chroot", "syscalls += @file-system\nsyscalls -= link").syscalls ==
        SyscallEdit{.added = {"@file-system", "chroot"}, .removed = {"link"}});
  CHECK(Of("syscalls = read", "syscalls += @file-system").syscalls ==
        SyscallEdit{.replaced = Names{"read"}});
  CHECK(Of("namespaces += pid", "namespaces = mount").namespaces ==
        NamespaceSet{.mount = true, .pid = true});
  CHECK(Of("capabilities += kill", "capabilities = chown").capabilities == Names{"chown", "kill"});
}

TEST_CASE("= in defaults takes the place of the profile's list; a second one is worth a warning") {
  CHECK(Of("", "syscalls = read write").syscalls ==
        SyscallEdit{.replaced = Names{"read", "write"}});
  const Configuration twice =
      LoadXinetd(DefaultsWith("syscalls = read\nsyscalls = write") + ServiceWith(""));
  CHECK(Codes(twice) == "list-replaced");
  CHECK(FindService(twice, "s1")->confinement->syscalls == SyscallEdit{.replaced = Names{"write"}});
}

TEST_CASE("a wish takes a default of the profile away that contradicts it") {
  CHECK(Of("sandbox = strict").namespaces.net);
  CHECK_FALSE(Of("sandbox = strict\nnetwork = client").namespaces.net);
  CHECK(Of("sandbox = strict\nnetwork = relay").namespaces.net);
  const Confinement bare = Of("sandbox = strict\nnamespaces -= mount");
  CHECK_FALSE(bare.private_tmp);
  CHECK_FALSE(bare.private_dev);
  CHECK_FALSE(bare.minimal_root);
  CHECK_FALSE(bare.read_only_system);
  CHECK_FALSE(Of("sandbox = strict\nroot = /srv").minimal_root);
  CHECK(Of("sandbox = strict\nroot = /srv").root == "/srv");
}

TEST_CASE("every value that a line can set arrives") {
  const Confinement all = Of(
      "sandbox = strict\nsyscall_action = errno\nnetwork = relay\nidle_timeout = 60\n"
      "max_lifetime = 600\nisolation = fresh\nzygote = eager\non_missing = warn\nmemory_max = 64M\n"
      "tasks_max = 20\ncpu_max = 50\noom_score_adj = 500\nprivate_tmp = no\nprivate_dev = no\n"
      "read_only_paths = /usr\nread_write_paths = /var/lib/x\nhidden_paths = /home\n"
      "no_new_privileges = no\nconnect_to =");
  CHECK(all.syscall_action == SyscallAction::kErrno);
  CHECK(all.network == NetworkAccess::kRelay);
  CHECK(all.idle_timeout == Limit{60});
  CHECK(all.max_lifetime == Limit{600});
  CHECK(all.isolation == Isolation::kFresh);
  CHECK(all.zygote == ZygoteStart::kEager);
  CHECK(all.on_missing == OnMissing::kWarn);
  CHECK(all.memory_max == Limit{std::uint64_t{64} << 20U});
  CHECK(all.tasks_max == Limit{20});
  CHECK(all.cpu_max == Limit{50});
  CHECK(all.oom_score_adjustment == 500);
  CHECK_FALSE(all.private_tmp);
  CHECK_FALSE(all.private_dev);
  CHECK(all.read_only_paths == Names{"/usr"});
  CHECK(all.read_write_paths == Names{"/var/lib/x"});
  CHECK(all.hidden_paths == Names{"/home"});
  CHECK_FALSE(all.no_new_privileges);
  REQUIRE(all.connect_to);
  CHECK(all.connect_to->empty());
  CHECK(all.written.size() == 19);
}

TEST_CASE("what lines wrote is told from what the profile says, with its place") {
  const Confinement wrote = Of("network = client", "memory_max = 1M");
  REQUIRE(wrote.Wrote("network") != nullptr);
  REQUIRE(wrote.Wrote("memory_max") != nullptr);
  CHECK(wrote.Wrote("memory_max")->line < wrote.Wrote("network")->line);
  CHECK(wrote.Wrote("sandbox") == nullptr);
  CHECK(wrote.written.size() == 2);
}

TEST_CASE("the attributes of confinement are rows that may stand in defaults too") {
  for (const std::string_view name : ConfinementAttributes()) {
    INFO(name);
    REQUIRE(FindAttribute(name) != nullptr);
    CHECK(FindAttribute(name)->scope == Scope::kBoth);
  }
}

}  // namespace postern::policy
