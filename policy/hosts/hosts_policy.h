// SPDX-License-Identifier: BSD-2-Clause
// Both access files, compiled for deciding: the index that finds the first matching rule without
// reading every rule.
//
// Immutable and self-contained, so one may be replaced by the next while decisions that hold it go
// on. The cost of a decision does not grow with the number of rules whose patterns are addresses,
// networks or plain names; rules with EXCEPT, globs, users, netgroups or files are tried in turn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "policy/hosts/table.h"

namespace postern::policy::hosts {

// What a file held when it was read. The maker of the loader owns the reading.
struct SourceFile {
  enum class State : std::uint8_t { kRead, kMissing, kUnreadable };
  State state = State::kMissing;
  std::string content;
  std::string reason;  // kUnreadable
};
// Called for both tables and for every /file pattern (in order of need, each path once).
using SourceLoader = std::function<SourceFile(const std::string& path)>;

struct TablePaths {
  std::string allow = "/etc/hosts.allow";
  std::string deny = "/etc/hosts.deny";
};

class TableIndex;

class HostsPolicy {
 public:
  static std::shared_ptr<const HostsPolicy> Compile(const TablePaths& paths,
                                                    const SourceLoader& loader,
                                                    const InterfaceView& interfaces = {});
  ~HostsPolicy();

  const Table& allow() const { return allow_; }
  const Table& deny() const { return deny_; }
  const TableIndex& index(Which which) const;
  // Rules of hosts.allow that grant and name, perhaps through another, a pattern file that cannot
  // be used; in their order.
  const std::vector<const Rule*>& crippled() const { return crippled_; }
  // Every file that was asked for, missing ones included: what must be watched.
  const std::vector<std::string>& files() const { return files_; }
  // Every network interface that a pattern names, each asked for once: what must be watched too.
  const std::map<std::string, Presence>& interfaces() const { return interfaces_; }

 private:
  HostsPolicy();
  Table allow_, deny_;
  std::unique_ptr<const TableIndex> allow_index_, deny_index_;
  std::vector<const Rule*> crippled_;
  std::vector<std::string> files_;
  std::map<std::string, Presence> interfaces_;
};

}  // namespace postern::policy::hosts
