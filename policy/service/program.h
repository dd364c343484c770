// SPDX-License-Identifier: BSD-2-Clause
// The program of a service, and as whom and within what limits it runs: part of service_spec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::policy {

// nullopt means UNLIMITED.
using Limit = std::optional<std::uint64_t>;

// The user a service runs as, looked up once, at load.
struct Credentials {
  std::string user;  // for messages
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary; empty unless groups = yes
};

enum class ResourceKind : std::uint8_t {
  kAddressSpace,
  kData,
  kResident,
  kStack,
  kOpenFiles,
  kCpuSeconds,
  kProcesses,
  kFileSize,
  kCore,
  kLockedMemory,
  kFileLocks,
  kPendingSignals,
  kMessageQueues,
  kNice,
  kRealtimePriority,
  kRealtimeMicroseconds,
};

struct ResourceLimit {
  ResourceKind kind;
  Limit value;  // soft and hard alike; in the unit of getrlimit(2)
};

struct Program {
  std::string path;
  std::vector<std::string> argv;         // complete, argv[0] included
  std::vector<std::string> environment;  // NAME=VALUE; what each connection adds is not in it
  Credentials credentials;
  std::optional<std::uint32_t> umask;  // nullopt: the daemon's own, at least 022
  std::optional<int> nice;
  std::vector<ResourceLimit> limits;
};

// The program that a tcpd stands in front of (tcpd(8)): what it executes when a client may use it.
struct Wrapped {
  std::string path;
  std::string name;  // its argv[0], and what the access files and the log call it
};

}  // namespace postern::policy
