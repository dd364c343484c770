// SPDX-License-Identifier: BSD-2-Clause
// What a service could do to the machine if its program were taken over: the facts that
// `postern score` rates. A value; who found them out is told by Origin.
//
// A default-made one is a program with every right there is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/service/confinement.h"

namespace postern::policy::exposure {

enum class Origin : std::uint8_t {
  kRead,     // the kernel says so of the process
  kPlanned,  // the configuration says so; the kernel does not tell
  kUnknown,  // neither
};

// What the system call filters let pass. Calls that need a right as well are rated all the same:
// the right is another item.
struct Calls {
  Origin origin = Origin::kRead;
  bool foreign = true;  // other ways into the kernel: i386, x32, 32-bit ARM
  // Sockets by family.
  bool internet = true, listening = true;  // IPv4 and IPv6; `listening` for connections of its own
  bool packets = true, netlink = true, local = true, other_families = true;
  bool new_user_namespace = true, new_namespaces = true;
  bool write_and_execute = true;  // memory that is both at once
  bool setuid_files = true;       // making files that run as their owner
  bool personality = true, terminals = true;
  struct Group {
    std::string name;  // "@debug"
    std::vector<std::string> passing;
  };
  std::optional<std::vector<Group>> groups;  // those with passing calls; nullopt: every call passes
};

// What is seen of a folder of the host.
enum class Sight : std::uint8_t { kHidden, kReadOnly, kWritable };

struct Facts {
  Origin user = Origin::kRead;
  std::uint32_t uid = 0;
  std::size_t groups = 0;  // supplementary ones, the own group not among them

  // The names of those that it holds or could gain, without cap_; sorted.
  std::vector<std::string> capabilities;
  bool no_new_privileges = false;
  NamespaceSet own_namespaces;  // those that it does not share with posternd
  Calls calls;

  Sight system = Sight::kWritable;  // the worst of /usr, /etc and the like
  Sight homes = Sight::kWritable;
  bool shared_tmp = true, shared_devices = true;
  bool kernel_settings = true;  // /proc/sys and /sys can be written
  bool cgroup_files = true;     // the files of control groups can

  std::optional<std::uint32_t> umask;  // nullopt: not known, and not rated
  Origin umask_origin = Origin::kRead;
  bool open_to_speculation = true;  // the processor can be held back, and is not
  bool core_files = true;
  int oom_score_adjustment = 0;
};

}  // namespace postern::policy::exposure
