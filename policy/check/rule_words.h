// SPDX-License-Identifier: BSD-2-Clause
// Words of rules that cannot mean what they were written for: addresses and names that no client
// has, daemons that nobody asks about, options that fail or never act.
//
// Codes: impossible-daemon unused-daemon impossible-address suffix-of-address impossible-name
// misspelt-wildcard name-ends-in-dot unknown-user unknown-group missing-command missing-banners
// option-without-effect analysis-incomplete.
#pragma once

#include "policy/base/diagnostic.h"
#include "policy/check/daemon_names.h"
#include "policy/hosts/table.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

Diagnostics FindWords(const hosts::Table& table, const DaemonNames& daemons,
                      const SystemView& system);

}  // namespace postern::policy::check
