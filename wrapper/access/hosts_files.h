// SPDX-License-Identifier: BSD-2-Clause
// hosts.allow, hosts.deny and the pattern files they name, compiled once and kept until one of them
// changes.
//
// Every call of Current() looks at each file with stat(2): device, inode, size, modification and
// change time, and whether there is one at all. A file whose change time is so young that another
// write could leave the same stamp is not trusted: it is read again at the next call. So an edit is
// seen by the next decision, as it is by tcp_wrappers, which reads both files every time.
//
// Where patterns name network interfaces, whether those are there is asked at each call as well.
//
// Only regular files are read, and the null device, which is an empty file. Anything else, a file
// that cannot be read and one of more than policy::kMaxPolicyBytes bytes is "unreadable":
// hosts.allow then grants nothing and hosts.deny refuses everybody. May be called by several
// threads at once; each gets a policy that was true during its call.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "policy/hosts/hosts_policy.h"
#include "wrapper/access/told_once.h"

namespace postern::wrapper {

// One file, now; without a cache.
policy::hosts::SourceFile ReadSourceFile(const std::string& path);

struct HostsVersion {
  std::shared_ptr<const policy::hosts::HostsPolicy> policy;  // never null
  std::shared_ptr<ToldOnce> told;  // never null; a new one when the files are others than before
};

class HostsFiles {
 public:
  explicit HostsFiles(policy::hosts::TablePaths paths);
  ~HostsFiles();
  HostsFiles(const HostsFiles&) = delete;
  HostsFiles& operator=(const HostsFiles&) = delete;

  const policy::hosts::TablePaths& paths() const { return paths_; }
  HostsVersion CurrentVersion();
  std::shared_ptr<const policy::hosts::HostsPolicy> Current() { return CurrentVersion().policy; }

 private:
  struct Snapshot;
  policy::hosts::TablePaths paths_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace postern::wrapper
