// SPDX-License-Identifier: BSD-2-Clause
// What loading a configuration needs to know of the system, so that policy/ itself does no I/O.
//
// The daemon implements it over files and NSS; tests and fuzzers implement it over maps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/address/ip_address.h"

namespace postern::policy {

class SystemView {
 public:
  virtual ~SystemView() = default;

  struct File {
    std::string content;
    std::string error;  // not empty: the file could not be read, and why
    bool missing =
        false;  // with `error`: there is no such file (ENOENT), so nothing was written in it
    std::string real_path;  // absolute, for cycle detection
  };
  // Reads a whole regular file, refusing one larger than `max_bytes`. Relative paths count from
  // the directory the daemon was started in.
  virtual File ReadFile(const std::string& path, std::size_t max_bytes) const = 0;

  struct DirectoryEntry {
    std::string name;
    bool is_regular = false;  // after following links
  };
  struct Directory {
    std::vector<DirectoryEntry> entries;  // in no particular order
    std::string error;
    bool missing = false;  // with `error`: there is no such directory
  };
  virtual Directory ListDirectory(const std::string& path) const = 0;

  // /etc/services: port, host order. `service` may be an alias.
  virtual std::optional<std::uint16_t> ServicePort(const std::string& service,
                                                   const std::string& protocol) const = 0;
  // /etc/protocols.
  virtual std::optional<int> ProtocolNumber(const std::string& protocol) const = 0;
  // /etc/networks: the number, host order.
  virtual std::optional<std::uint32_t> NetworkNumber(const std::string& network) const = 0;

  struct User {
    std::uint32_t uid, gid;
  };
  virtual std::optional<User> UserByName(const std::string& name) const = 0;
  // The login name of a numeric user, for groups = yes.
  virtual std::optional<std::string> UserNameById(std::uint32_t /*uid*/) const {
    return std::nullopt;
  }
  virtual std::optional<std::uint32_t> GroupByName(const std::string& name) const = 0;
  // The supplementary groups initgroups(3) would set, `primary` included.
  virtual std::vector<std::uint32_t> SupplementaryGroups(const std::string& user,
                                                         std::uint32_t primary) const = 0;

  // The addresses /etc/hosts has for a name, in the file's order; empty when it has none. No name
  // server is asked: loading happens in the privileged process.
  virtual std::vector<IpAddress> HostAddresses(const std::string& host) const = 0;

  // Empty when `path` is a regular file that may be executed; otherwise why not.
  virtual std::string WhyNotExecutable(const std::string& path) const = 0;

  // What stat(2) says of a file, links followed, and whether it has capabilities (setcap(8)).
  struct FileFacts {
    enum class Kind : std::uint8_t { kMissing, kRegular, kDirectory, kOther };
    Kind kind = Kind::kMissing;
    std::uint32_t mode = 0;  // permission bits, setuid, setgid and sticky included
    std::uint32_t uid = 0, gid = 0;
    bool capabilities = false;
    std::string error = {};  // of kMissing: why nothing is known of it
    bool denied = false;     // of kMissing: it may be there, but we may not look
  };
  virtual FileFacts Inspect(const std::string& path) const = 0;

  // What a word of `syscalls` is: "@group", or the name of a call.
  enum class SyscallWord : std::uint8_t {
    kUnknown,
    kCall,
    kGroup,
    kDeniedCall,   // no profile has it: it undoes the sandbox
    kDeniedToAll,  // such a call that the daemon's own filter denies to what it starts
    kDeniedGroup,  // of such calls: may not be allowed as a whole
  };
  virtual SyscallWord KindOfSyscall(const std::string& word) const = 0;
  // Words that an unknown one may be meant for, the nearest first.
  virtual std::vector<std::string> SyscallsLike(const std::string& word) const = 0;

  // The daemon's own environment as NAME=VALUE words.
  virtual std::vector<std::string> Environment() const = 0;
};

}  // namespace postern::policy
