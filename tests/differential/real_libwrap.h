// SPDX-License-Identifier: BSD-2-Clause
// Debian's libwrap.so.0, loaded into this process and asked one question at a time.
//
// All attributes are given explicitly, so that it looks nothing up; dry_run keeps it from running
// commands. What ends the process (a pattern file that names itself, an overlong expansion) must
// not be asked, or in a child.
#pragma once

#include <memory>
#include <string>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

class RealLibwrap {
 public:
  // `peers`: the folder of .ci/fetch-peers. Null with a message on stderr when it cannot be loaded.
  static std::unique_ptr<RealLibwrap> Load(const std::string& peers);

  oracle::HostsAnswer Decide(const std::string& allow_path, const std::string& deny_path,
                             const oracle::HostsCaller& caller);
  // With commands run, as a daemon has it.
  bool DecideInEarnest(const std::string& allow_path, const std::string& deny_path,
                       const oracle::HostsCaller& caller);

 private:
  RealLibwrap();
  bool Ask(const std::string& allow_path, const std::string& deny_path,
           const oracle::HostsCaller& caller);
  template <typename Type>
  bool Find(Type*& symbol, const char* name);

  void* library_ = nullptr;
  void* (*request_init_)(void*, ...) = nullptr;
  int (*hosts_access_)(void*) = nullptr;
  const char** allow_table_ = nullptr;
  const char** deny_table_ = nullptr;
  int* verbose_ = nullptr;
  int* dry_run_ = nullptr;
  int* resident_ = nullptr;
};

}  // namespace postern::differential
