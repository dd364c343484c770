// SPDX-License-Identifier: BSD-2-Clause
// The rules that the network attribute stands for; part of argument_rules.h.
#pragma once

#include <vector>

#include "sandbox/filter/argument_rules.h"

namespace postern::sandbox::filter {

// Nothing for network = host without the list: then the user's rights alone decide.
void AddNetworkRules(const FilterRequest& request, std::vector<ArgumentRule>& rules);

}  // namespace postern::sandbox::filter
