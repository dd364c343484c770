// SPDX-License-Identifier: BSD-2-Clause
// How a service is to be confined: what its profile says, changed by what its lines say.
//
// The final values, made by ResolveConfinement() (resolve_confinement.h) when a configuration is
// loaded; the daemon translates them for the kernel. The list of system calls alone stays an edit
// of the profile's list, which belongs to sandbox/filter. Source: posternd.conf(5), Confinement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/diagnostic.h"

namespace postern::policy {

enum class SandboxProfile : std::uint8_t { kNone, kBaseline, kStandard, kStrict };
enum class SyscallAction : std::uint8_t { kKill, kErrno, kLog };
enum class NetworkAccess : std::uint8_t { kInherited, kRelay, kClient, kServer, kHost };
// Whether the service opens sockets of its own, in the network namespace of the host.
constexpr bool NeedsNetworkOfHost(NetworkAccess network) {
  return network == NetworkAccess::kClient || network == NetworkAccess::kServer ||
         network == NetworkAccess::kHost;
}

enum class Isolation : std::uint8_t { kZygote, kFresh };
enum class ZygoteStart : std::uint8_t { kLazy, kEager };
enum class OnMissing : std::uint8_t { kRefuse, kWarn };

struct NamespaceSet {
  bool user = false, mount = false, pid = false, net = false, ipc = false, uts = false;
  bool cgroup = false, time = false;
  friend bool operator==(const NamespaceSet&, const NamespaceSet&) = default;
};

// What lines say about a list that the profile has a default for: (`replaced`, or the profile's
// list) with `added`, without `removed`. Nothing is in both; where two words overlap, as a group
// and a member of it do, `removed` wins.
template <typename List>
struct Edit {
  std::optional<List> replaced = {};  // by "=", instead of the profile's list
  List added = {}, removed = {};      // by "+=" and "-="
  friend bool operator==(const Edit&, const Edit&) = default;
};
using SyscallEdit = Edit<std::vector<std::string>>;

struct Confinement {
  SandboxProfile profile = SandboxProfile::kStandard;

  SyscallEdit syscalls;  // words: @group or the name of a call
  SyscallAction syscall_action = SyscallAction::kKill;
  NamespaceSet namespaces;

  bool read_only_system = false;  // but for data; see sandbox/profile.h
  bool minimal_root = false;
  std::string root;  // empty: the system's, or a minimal one
  std::vector<std::string> read_only_paths, read_write_paths, hidden_paths;
  bool private_tmp = false, private_dev = false;

  std::vector<std::string> capabilities;  // what an instance holds; sorted, without cap_
  std::vector<std::string> bounding;      // what it could gain at most, by a setuid program; sorted
  bool no_new_privileges = true;
  bool landlock = false;
  bool lock_memory_protection = false;  // no memory both writable and executable
  bool private_keyring = false;
  std::optional<int> oom_score_adjustment;

  NetworkAccess network = NetworkAccess::kInherited;
  std::optional<std::vector<std::uint16_t>> connect_to;  // nullopt: as far as `network` goes

  Isolation isolation = Isolation::kZygote;
  ZygoteStart zygote = ZygoteStart::kLazy;
  OnMissing on_missing = OnMissing::kRefuse;

  // nullopt: UNLIMITED.
  std::optional<std::uint64_t> memory_max, tasks_max, cpu_max;  // bytes, a count, percent
  std::optional<std::uint64_t> max_lifetime, idle_timeout;      // seconds

  // The attributes that lines wrote, in the service or in `defaults`: wishes, where the rest are
  // defaults of the profile. In the order of the attribute table.
  struct Written {
    std::string_view attribute;  // its name in the table
    SourceLocation where;        // the last line about it
    friend bool operator==(const Written&, const Written&) = default;
  };
  std::vector<Written> written;

  // Null when no line wrote the attribute.
  const SourceLocation* Wrote(std::string_view attribute) const {
    for (const Written& one : written) {
      if (one.attribute == attribute) return &one.where;
    }
    return nullptr;
  }

  friend bool operator==(const Confinement&, const Confinement&) = default;
};

}  // namespace postern::policy
