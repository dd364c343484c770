// SPDX-License-Identifier: BSD-2-Clause
// The table of items: what is rated, how much it weighs, and why. Part of rate.h.
#include <algorithm>
#include <string>

#include "policy/exposure/rate.h"

namespace postern::policy::exposure {
namespace {

using Names = std::string_view[];

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Seen YesNo(bool exposed, std::string_view yes, std::string_view no) {
  return {exposed ? 100U : 0U, std::string(exposed ? yes : no)};
}

Seen Root(const Row&, const Facts& facts) {
  return {facts.uid == 0 ? 100U : 0U, "uid " + std::to_string(facts.uid), facts.user};
}

Seen Groups(const Row&, const Facts& facts) {
  return {facts.groups != 0 ? 100U : 0U, std::to_string(facts.groups) + " more", facts.user};
}

Seen NewPrivileges(const Row&, const Facts& facts) {
  return YesNo(!facts.no_new_privileges, "setuid programs work", "no_new_privs is set");
}

Seen Capabilities(const Row& row, const Facts& facts) {
  std::vector<std::string> there;
  for (const std::string_view name : row.names) {
    if (std::ranges::binary_search(facts.capabilities, name)) there.emplace_back(name);
  }
  return {there.empty() ? 0U : 100U, there.empty() ? "none" : Joined(there)};
}

template <bool NamespaceSet::* kKind>
Seen Shares(const Row&, const Facts& facts) {
  return YesNo(!(facts.own_namespaces.*kKind), "the host's", "its own");
}

template <bool Calls::* kWhat>
Seen Passes(const Row&, const Facts& facts) {
  Seen seen = YesNo(facts.calls.*kWhat, "passes", "refused");
  seen.origin = facts.calls.origin;
  return seen;
}

// To connect is less than to serve.
Seen Internet(const Row&, const Facts& facts) {
  constexpr unsigned kConnectsOnly = 60;
  const Calls& calls = facts.calls;
  if (!calls.internet) return {0, "refused", calls.origin};
  if (!calls.listening) return {kConnectsOnly, "connects", calls.origin};
  return {100, "connects and listens", calls.origin};
}

Seen CallGroup(const Row& row, const Facts& facts) {
  const Calls& calls = facts.calls;
  if (!calls.groups) return {100, "every call passes", calls.origin};
  const auto group = std::ranges::find(*calls.groups, row.names.front(), &Calls::Group::name);
  if (group == calls.groups->end()) return {0, "refused", calls.origin};
  return {100, Joined(group->passing), calls.origin};
}

Seen Looks(Sight sight) {
  switch (sight) {
    case Sight::kHidden:
      return {0, "hidden"};
    case Sight::kReadOnly:
      return {0, "read-only"};
    case Sight::kWritable:
      return {100, "writable"};
  }
  return {100, "writable"};
}

Seen System(const Row&, const Facts& facts) { return Looks(facts.system); }

// To read what is others' is half of it.
Seen Homes(const Row&, const Facts& facts) {
  Seen seen = Looks(facts.homes);
  if (facts.homes == Sight::kReadOnly) seen.share = 50;
  return seen;
}

template <bool Facts::* kWhat>
Seen Shared(const Row&, const Facts& facts) {
  return YesNo(facts.*kWhat, "the host's", "its own");
}

template <bool Facts::* kWhat>
Seen Written(const Row&, const Facts& facts) {
  return YesNo(facts.*kWhat, "writable", "not writable");
}

Seen Umask(const Row&, const Facts& facts) {
  if (!facts.umask) return {0, "not known before a program runs", Origin::kUnknown, false};
  constexpr std::uint32_t kOthersWrite = 02, kOthersRead = 04, kGroup = 070;
  const std::uint32_t open = ~*facts.umask;
  const unsigned share = (open & kOthersWrite) != 0  ? 100
                         : (open & kOthersRead) != 0 ? 50
                         : (open & kGroup) != 0      ? 25
                                                     : 0;
  const std::string octal = {static_cast<char>('0' + (*facts.umask >> 6 & 7)),
                             static_cast<char>('0' + (*facts.umask >> 3 & 7)),
                             static_cast<char>('0' + (*facts.umask & 7))};
  return {share, octal, facts.umask_origin};
}

Seen Speculation(const Row&, const Facts& facts) {
  return YesNo(facts.open_to_speculation, "not held back", "held back, or no weakness");
}

Seen CoreFiles(const Row&, const Facts& facts) {
  return YesNo(facts.core_files, "written", "never written");
}

Seen Oom(const Row&, const Facts& facts) {
  return {facts.oom_score_adjustment < 0 ? 100U : 0U,
          "oom_score_adj " + std::to_string(facts.oom_score_adjustment)};
}

// Every capability of capabilities(7) is in one row (tests/policy/exposure_rate_test.cc).
constexpr Names kAdmin = {"sys_admin"};
constexpr Names kIdentity = {"setgid", "setpcap", "setuid"};
constexpr Names kDebug = {"bpf", "perfmon", "sys_ptrace"};
constexpr Names kKernel = {"sys_boot", "sys_module", "sys_rawio"};
constexpr Names kOwners = {"chown", "fsetid", "setfcap"};
constexpr Names kAnyFile = {"dac_override", "dac_read_search", "fowner", "ipc_owner"};
constexpr Names kNetAdmin = {"net_admin"};
constexpr Names kClock = {"sys_time", "wake_alarm"};
constexpr Names kRecords = {"audit_control", "audit_read", "audit_write", "syslog"};
constexpr Names kKill = {"kill"};
constexpr Names kResources = {"block_suspend", "ipc_lock", "sys_nice", "sys_resource"};
constexpr Names kDevices = {"mknod"};
constexpr Names kPorts = {"net_bind_service", "net_broadcast", "net_raw"};
constexpr Names kMac = {"mac_admin", "mac_override"};
constexpr Names kRest = {"checkpoint_restore", "lease",     "linux_immutable",
                         "sys_chroot",         "sys_pacct", "sys_tty_config"};

// The groups of sandbox/filter that a service may be denied.
constexpr Names kCallsDebug = {"@debug"};
constexpr Names kCallsIoUring = {"@io-uring"};
constexpr Names kCallsMount = {"@mount"};
constexpr Names kCallsNamespaces = {"@namespaces"};
constexpr Names kCallsModule = {"@module"};
constexpr Names kCallsReboot = {"@reboot"};
constexpr Names kCallsSwap = {"@swap"};
constexpr Names kCallsCpu = {"@cpu-emulation"};
constexpr Names kCallsRawIo = {"@raw-io"};
constexpr Names kCallsKeyring = {"@keyring"};
constexpr Names kCallsHandles = {"@file-handles"};
constexpr Names kCallsAccounting = {"@accounting"};
constexpr Names kCallsClock = {"@clock"};
constexpr Names kCallsPages = {"@pages"};
constexpr Names kCallsObsolete = {"@obsolete"};
constexpr Names kCallsPrivdrop = {"@privdrop"};
constexpr Names kCallsAdmin = {"@admin"};
constexpr Names kCallsResources = {"@resources"};
constexpr Names kCallsSysvIpc = {"@sysv-ipc"};
constexpr Names kCallsMemlock = {"@memlock"};
constexpr Names kCallsAio = {"@aio"};

// Weights in the spirit of systemd's: 1000 and more give the machine or other users away, hundreds
// are a large step on the way there, less is a small one.
constexpr Row kRows[] = {
    // Who it is, and who it may become.
    {"root", "acts as root", 2000, "user", "root owns the files that everything else trusts",
     &Root},
    {"groups", "has the rights of more groups", 200, "groups", "each opens the files of others",
     &Groups},
    {"new-privileges", "gains rights by executing programs", 1000, "no_new_privileges",
     "every setuid program is a way to root", &NewPrivileges},
    {"setuid-files", "makes files that run as their owner", 500, "sandbox",
     "whoever runs one is outside of the sandbox", &Passes<&Calls::setuid_files>},
    // What it holds of root's rights, or could gain.
    {"cap-admin", "administers the system", 1500, "capabilities",
     "a hundred rights in one, root again among them", &Capabilities, kAdmin},
    {"cap-identity", "becomes any user", 1500, "capabilities", "every user is one call away",
     &Capabilities, kIdentity},
    {"cap-debug", "looks into other processes and the kernel", 1500, "capabilities",
     "what others know and may do is within reach", &Capabilities, kDebug},
    {"cap-kernel", "changes or ends the kernel", 1000, "capabilities",
     "the kernel enforces all the rest", &Capabilities, kKernel},
    {"cap-owners", "gives files away, with rights", 1000, "capabilities",
     "a file of root's that runs as root", &Capabilities, kOwners},
    {"cap-any-file", "passes over the permissions of files", 1000, "capabilities",
     "/etc/shadow is a file", &Capabilities, kAnyFile},
    {"cap-net-admin", "configures the network", 1000, "capabilities",
     "routes and filters decide who reaches whom", &Capabilities, kNetAdmin},
    {"cap-clock", "sets the clock", 500, "capabilities", "certificates and logs hang on it",
     &Capabilities, kClock},
    {"cap-records", "reads the kernel's log, reads and writes the audit", 500, "capabilities",
     "addresses of the kernel, and the traces of a break-in", &Capabilities, kRecords},
    {"cap-kill", "signals any process", 500, "capabilities", "ends what it cannot change",
     &Capabilities, kKill},
    {"cap-resources", "takes more than its part of the machine", 500, "capabilities",
     "limits hold no more", &Capabilities, kResources},
    {"cap-devices", "makes device files", 500, "capabilities", "a disk, past every permission",
     &Capabilities, kDevices},
    {"cap-ports", "takes reserved ports, sends and reads raw packets", 500, "capabilities",
     "poses as another service", &Capabilities, kPorts},
    {"cap-mac", "overrides security modules", 100, "capabilities",
     "where there is one, it is the last fence", &Capabilities, kMac},
    {"cap-rest", "has small rights of root's", 100, "capabilities", "rarely a way on their own",
     &Capabilities, kRest},
    // What it shares with the host.
    {"user-namespace", "has rights that count on the host", 1000, "namespaces",
     "in its own, rights over the host's objects are none", &Shares<&NamespaceSet::user>},
    {"mount-namespace", "shares its view of files", 500, "namespaces",
     "nothing can be hidden from it", &Shares<&NamespaceSet::mount>},
    {"pid-namespace", "sees all processes", 1000, "namespaces",
     "their words and environment; and it can outlive its service", &Shares<&NamespaceSet::pid>},
    {"net-namespace", "is in the host's network", 1000, "namespaces",
     "what listens on loopback trusts who is there", &Shares<&NamespaceSet::net>},
    {"ipc-namespace", "shares queues and shared memory", 200, "namespaces",
     "a way to the data of others of its user", &Shares<&NamespaceSet::ipc>},
    {"uts-namespace", "shares the host name", 50, "namespaces", "only root could change it",
     &Shares<&NamespaceSet::uts>},
    {"cgroup-namespace", "sees the host's control groups", 100, "namespaces",
     "tells what runs here", &Shares<&NamespaceSet::cgroup>},
    {"time-namespace", "sees when the machine booted", 25, "namespaces",
     "a mark to recognise the machine by", &Shares<&NamespaceSet::time>},
    {"new-user-namespace", "makes user namespaces", 1500, "sandbox",
     "all capabilities inside, and kernel code that only root reaches else",
     &Passes<&Calls::new_user_namespace>},
    {"new-namespaces", "makes other namespaces", 500, "sandbox",
     "the same code, where it has the right already", &Passes<&Calls::new_namespaces>},
    // Whom it reaches.
    {"internet", "opens sockets of IPv4 and IPv6", 1500, "network",
     "a way in to others, and out with what was found", &Internet},
    {"packets", "opens raw and packet sockets", 1000, "network",
     "reads and forges everybody's traffic", &Passes<&Calls::packets>},
    {"netlink", "opens netlink sockets", 200, "network", "much kernel code, and the network's plan",
     &Passes<&Calls::netlink>},
    {"other-families", "opens sockets of rare families", 1250, "network",
     "rarely used kernel code, with faults to match", &Passes<&Calls::other_families>},
    {"local-sockets", "opens local sockets", 100, "sandbox", "system services listen on them",
     &Passes<&Calls::local>},
    // What it may ask of the kernel.
    {"foreign-calls", "calls the kernel as another architecture does", 1000, "sandbox",
     "call numbers mean something else there", &Passes<&Calls::foreign>},
    {"calls-debug", "looks into processes and the kernel by calls", 1000, "syscalls",
     "takes over any process of its user", &CallGroup, kCallsDebug},
    {"calls-io-uring", "uses io_uring", 1000, "syscalls",
     "what it does no filter sees, and its faults are many", &CallGroup, kCallsIoUring},
    {"calls-mount", "changes mounts", 1000, "syscalls", "undoes the view of files", &CallGroup,
     kCallsMount},
    {"calls-namespaces", "changes namespaces", 500, "syscalls", "undoes the walls", &CallGroup,
     kCallsNamespaces},
    {"calls-module", "loads modules", 1000, "syscalls", "code in the kernel", &CallGroup,
     kCallsModule},
    {"calls-reboot", "ends or replaces the kernel", 1000, "syscalls", "ends everything else",
     &CallGroup, kCallsReboot},
    {"calls-swap", "changes swap space", 500, "syscalls", "the memory of others, on a disk",
     &CallGroup, kCallsSwap},
    {"calls-cpu", "reaches old emulation code", 250, "syscalls", "seldom tried, often faulty",
     &CallGroup, kCallsCpu},
    {"calls-raw-io", "talks to devices past the kernel", 1000, "syscalls",
     "devices read and write all memory", &CallGroup, kCallsRawIo},
    {"calls-keyring", "uses the kernel's keys", 1000, "syscalls",
     "keys of its user that were not given to it", &CallGroup, kCallsKeyring},
    {"calls-handles", "opens files by number", 500, "syscalls", "past the folders that guard them",
     &CallGroup, kCallsHandles},
    {"calls-accounting", "reads the kernel's log, sets quotas", 500, "syscalls",
     "addresses of the kernel", &CallGroup, kCallsAccounting},
    {"calls-clock", "sets the clock by calls", 1000, "syscalls", "certificates and logs hang on it",
     &CallGroup, kCallsClock},
    {"calls-pages", "moves pages of memory", 250, "syscalls",
     "makes faults of the kernel easier to use", &CallGroup, kCallsPages},
    {"calls-obsolete", "makes calls that are history", 250, "syscalls", "nobody looks after them",
     &CallGroup, kCallsObsolete},
    {"calls-privdrop", "changes user, root or capabilities", 500, "syscalls",
     "uses the rights that it has", &CallGroup, kCallsPrivdrop},
    {"calls-admin", "watches all files, names the host", 500, "syscalls", "meant for root",
     &CallGroup, kCallsAdmin},
    {"calls-resources", "sets schedulers, priorities and limits", 500, "syscalls",
     "real-time priority stops the machine", &CallGroup, kCallsResources},
    {"calls-sysv-ipc", "uses queues and shared memory", 250, "syscalls",
     "meets other processes of its user", &CallGroup, kCallsSysvIpc},
    {"calls-memlock", "locks memory", 100, "syscalls", "memory that nobody else gets", &CallGroup,
     kCallsMemlock},
    {"calls-aio", "uses the old asynchronous interface", 100, "syscalls", "seldom tried code",
     &CallGroup, kCallsAio},
    {"terminals", "types into terminals", 100, "sandbox", "commands for whoever sits there",
     &Passes<&Calls::terminals>},
    {"personality", "changes the rules of execution", 100, "sandbox",
     "switches protections of memory off", &Passes<&Calls::personality>},
    {"write-and-execute", "has memory that is writable and executable", 100, "sandbox",
     "code that was sent can be run", &Passes<&Calls::write_and_execute>},
    // What it sees of files.
    {"system", "changes the system's files, as far as its user may", 1000, "sandbox",
     "one wrong permission is enough", &System},
    {"homes", "reaches people's files", 1000, "hidden_paths", "keys, and what they start at login",
     &Homes},
    {"tmp", "shares /tmp", 500, "private_tmp", "traps for others by file name",
     &Shared<&Facts::shared_tmp>},
    {"devices", "shares /dev", 1000, "private_dev", "drivers are a large part of the kernel",
     &Shared<&Facts::shared_devices>},
    {"kernel-settings", "changes settings in /proc/sys and /sys", 1000, "sandbox",
     "core_pattern alone runs programs as root", &Written<&Facts::kernel_settings>},
    {"cgroup-files", "changes control groups", 500, "sandbox", "release_agent runs as root",
     &Written<&Facts::cgroup_files>},
    // What it leaves behind, and what it leaks.
    {"umask", "makes files that others may use", 100, "umask", "what it writes is others' to read",
     &Umask},
    {"speculation", "reads along in the processor", 50, "sandbox", "slow, and secrets all the same",
     &Speculation},
    {"core-files", "leaves images of its memory", 50, "rlimit_core",
     "its secrets, outside of the sandbox", &CoreFiles},
    {"oom", "is spared when memory runs out", 25, "oom_score_adj", "others are ended in its place",
     &Oom},
};

}  // namespace

std::span<const Row> Rows() { return kRows; }

}  // namespace postern::policy::exposure
