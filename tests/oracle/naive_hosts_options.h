// SPDX-License-Identifier: BSD-2-Clause
// What the options of a rule make of its verdict. No command is run; each counts as successful.
#pragma once

#include <string>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::oracle {

// `text` is all behind the second colon; `table_verdict` what the rule says without options.
HostsAnswer::Verdict NaiveOptions(const std::string& text, HostsAnswer::Verdict table_verdict,
                                  const HostsWorld& world, const HostsCaller& caller,
                                  RuleBook book);

// The same as far as it can be told from the text alone: accounts are taken to exist, and values
// with a '%' to be acceptable.
HostsAnswer::Verdict NaiveOptionsByText(const std::string& text,
                                        HostsAnswer::Verdict table_verdict);

}  // namespace postern::oracle
