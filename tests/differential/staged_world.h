// SPDX-License-Identifier: BSD-2-Clause
// A HostsWorld written to a folder in memory, for the library that reads files.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

class StagingFolder {
 public:
  StagingFolder();
  ~StagingFolder();
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;

  const std::string& path() const { return path_; }
  // They stay where they are: libwrap keeps pointers to the names of its tables.
  const std::string& allow_path() const { return allow_path_; }
  const std::string& deny_path() const { return deny_path_; }

  // Replaces what was staged before. Pattern files must lie in this folder.
  void Stage(const oracle::HostsWorld& world);

 private:
  void Put(const std::string& path, const oracle::HostsFile& file);

  std::string path_, allow_path_, deny_path_;
  std::vector<std::string> staged_;
};

}  // namespace postern::differential
