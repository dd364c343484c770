// SPDX-License-Identifier: BSD-2-Clause
// Makes a disagreement small enough to be read.
#pragma once

#include <functional>
#include <string>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

struct Question {
  oracle::HostsWorld world;
  oracle::HostsCaller caller;
};

// Drops lines, words and bytes as long as `still_wrong` holds.
Question Shrink(Question question, const std::function<bool(const Question&)>& still_wrong);

// All of it, with the bytes that do not print escaped.
std::string ToText(const Question& question);

}  // namespace postern::differential
