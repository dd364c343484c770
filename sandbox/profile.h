// SPDX-License-Identifier: BSD-2-Clause
// How one service is confined, and what it runs: everything a zygote needs to seal itself and to
// start instances. A value; nothing in here acts.
//
// Who makes it: the profile builder, in the privileged process, when a configuration is loaded. Who
// uses it: Enter() (sandbox/confine/enter.h) applies it in a zygote, which got it through
// sandbox/profile_codec.h. What a member asks for and the kernel lacks is an error, unless
// `tolerate_missing` says that a warning will do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::sandbox {

struct PlannedLimit {
  int resource = 0;         // RLIMIT_…
  std::uint64_t value = 0;  // soft and hard; RLIM_INFINITY for none
};

// A program the service may be started with. A service behind tcpd has two: as it is written, and
// the program behind tcpd.
struct ProgramToRun {
  std::string path;
  std::vector<std::string> argv;         // complete, argv[0] included
  std::vector<std::string> environment;  // NAME=VALUE; what a connection adds is not in it
  std::uint32_t umask = 022;
};

struct Identity {
  bool change = true;  // false only for an unprivileged daemon that starts its own user
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary; a set: sorted, each once
};

// namespaces(7). `cgroup` and `time` hide the host's cgroup path and boot time.
struct NamespacePlan {
  bool user = false, mount = false, pid = false, net = false, ipc = false, uts = false;
  bool cgroup = false, time = false;
};

// What the service sees of the file system. Everything but `minimal` and `root` may be combined.
struct FileView {
  bool read_only_system = false;  // all of it read-only, but for data (/var /srv /home /run /mnt
                                  // /media /opt/…; see mount_view.h) and read_write_paths
  bool minimal = false;           // a root of its own, with nothing but what programs need to start
                                  // and the paths below
  std::string root;               // not empty: this directory is the root
  std::vector<std::string> read_only_paths, read_write_paths, hidden_paths;
  bool private_tmp = false;  // /tmp and /var/tmp of its own
  bool private_dev = false;  // null zero full random urandom tty, pts, shm, log, and no more
};

// What the service may do on the network beside the connection it is given.
enum class Network : std::uint8_t {
  kInherited,  // nothing: no new socket but AF_UNIX, no listen, no re-connect
  kRelay,      // as kInherited, and its connection is a socket pair
  kClient,     // connect to TCP and send UDP
  kServer,     // as kClient, and listen (FTP's data connections)
  kHost,       // whatever the user may
};

// landlock(7): files, TCP and scopes, as far as the kernel's ABI goes. A second domain for each
// instance keeps it from signalling and tracing its siblings and the zygote.
struct LandlockPlan {
  bool enabled = false;
  bool restrict_files = false;  // as FileView says
  bool restrict_tcp = false;    // bind nothing, connect to connect_ports only
  std::vector<std::uint16_t> connect_ports;
  bool scoped = false;  // signals, abstract sockets
};

struct CgroupLimits {
  std::optional<std::uint64_t> memory_max;  // bytes
  std::optional<std::uint64_t> tasks_max;
  std::optional<std::uint64_t> cpu_percent;  // of one CPU
  bool any() const { return memory_max || tasks_max || cpu_percent; }
};

// One instruction of a classic BPF program (struct sock_filter, linux/filter.h).
struct FilterInstruction {
  std::uint16_t code = 0;
  std::uint8_t jump_true = 0, jump_false = 0;
  std::uint32_t operand = 0;
  friend bool operator==(const FilterInstruction&, const FilterInstruction&) = default;
};
using FilterProgram = std::vector<FilterInstruction>;

// What a zygote that learns its service's calls is given: sandbox/filter/learning_filters.h makes
// it.
struct LearningPlan {
  FilterProgram ask;      // of the service and who starts it: asks about every call
  FilterProgram judge;    // run by the learner in user space: what it answers
  FilterProgram learner;  // of the learner itself
};

// Bits as in <linux/capability.h>.
using CapabilityMask = std::uint64_t;

struct Profile {
  std::string service;  // its id: names the cgroup, and stands in messages
  std::vector<ProgramToRun> programs;
  Identity identity;
  std::optional<int> priority;  // absolute, -20..19
  std::vector<PlannedLimit> limits;
  std::optional<int> oom_score_adjustment;

  NamespacePlan namespaces;
  FileView files;
  Network network = Network::kHost;
  LandlockPlan landlock;
  CapabilityMask capabilities = 0;  // what an instance holds (ambient, when the user is not root)
  CapabilityMask bounding = 0;      // what it could gain at most, by setuid programs
  bool no_new_privileges = true;
  bool lock_memory_protection = false;  // PR_SET_MDWE: no page that is writable and executable
  bool private_keyring = true;
  bool mitigate_speculation = true;  // PR_SPEC_FORCE_DISABLE, where the kernel offers it
  FilterProgram filter;              // empty: none
  // The filter asks about calls that are not listed (SECCOMP_RET_USER_NOTIF). The zygote kills who
  // makes one, and tells; where nobody could, the kernel kills (sandbox/confine/install_filter.h).
  bool report_unlisted = false;
  // Instead of `filter`: every call is learned (sandbox/learn/). Takes a pid namespace, /proc and
  // no_new_privileges.
  std::optional<LearningPlan> learning;
  CgroupLimits cgroup;

  bool tolerate_missing = false;  // on_missing = warn
  bool once = false;              // isolation = fresh: the zygote serves one connection and ends
};

}  // namespace postern::sandbox
