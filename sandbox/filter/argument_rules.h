// SPDX-License-Identifier: BSD-2-Clause
// Calls that a service may make with some arguments only. What is refused here gets an errno and
// not a signal: libc and scripts try such things and go on without.
#pragma once

#include <vector>

#include "sandbox/filter/call_table.h"
#include "sandbox/filter/filter.h"

namespace postern::sandbox::filter {

struct ArgumentRule {
  const char* call;
  CallVerdict verdict;  // for the call when it is listed
};

// `request.jit` is as the words of the request leave it.
std::vector<ArgumentRule> ArgumentRules(const FilterRequest& request);

}  // namespace postern::sandbox::filter
