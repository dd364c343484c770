// SPDX-License-Identifier: BSD-2-Clause
// The same question to postern's compiled policy. Facts are handed over only when it asks for them
// in every other question, so that both ways are proven.
#pragma once

#include <memory>
#include <string>

#include "policy/hosts/evaluate.h"
#include "policy/hosts/hosts_policy.h"
#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

class PosternSide {
 public:
  // `world` must stay until the next one.
  void Compile(const oracle::HostsWorld& world, const std::string& allow_path,
               const std::string& deny_path);
  oracle::HostsAnswer Decide(const oracle::HostsCaller& caller);

 private:
  const oracle::HostsWorld* world_ = nullptr;
  std::shared_ptr<const policy::hosts::HostsPolicy> policy_;
  bool on_demand_ = false;
};

}  // namespace postern::differential
