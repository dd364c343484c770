// SPDX-License-Identifier: BSD-2-Clause
// A region for people: blocks and ranges, or patterns of octets and groups when it is scattered.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/analysis/region.h"

namespace postern::policy::analysis {

struct RegionWords {
  // "10.0.0.0/8", "192.0.2.3-192.0.2.9"; scattered: "*.*.*.50", "10.0-127.1,5.*", IPv4 first.
  std::vector<std::string> words;
  bool complete = true;  // false: there would be more than `limit`
};

RegionWords WordsOf(Regions& regions, const Region& region, std::size_t limit);

}  // namespace postern::policy::analysis
