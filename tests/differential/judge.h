// SPDX-License-Identifier: BSD-2-Clause
// One question to all who can answer it: the real libwrap, the naive oracle in both rule books, and
// postern. Says who disagrees.
#pragma once

#include <string>

#include "tests/differential/postern_side.h"
#include "tests/differential/real_libwrap.h"
#include "tests/differential/staged_world.h"
#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

struct Judgement {
  oracle::HostsAnswer real;      // left alone when the question would kill it
  oracle::HostsAnswer ancestor;  // the oracle by tcp_wrappers' rule book
  oracle::HostsAnswer expected;  // the oracle by postern's
  oracle::HostsAnswer postern;
  std::string complaint;    // empty: as it should be
  bool deliberate = false;  // postern refuses on purpose what libwrap grants or dies of
};

class Judge {
 public:
  explicit Judge(RealLibwrap& libwrap) : libwrap_(libwrap) {}

  // `world` must stay until the next one.
  void Enter(const oracle::HostsWorld& world);
  Judgement Ask(const oracle::HostsCaller& caller);

  const StagingFolder& folder() const { return folder_; }

 private:
  RealLibwrap& libwrap_;
  StagingFolder folder_;
  PosternSide postern_;
  const oracle::HostsWorld* world_ = nullptr;
  bool staged_ = false;
};

std::string ToText(const oracle::HostsAnswer& answer);

}  // namespace postern::differential
