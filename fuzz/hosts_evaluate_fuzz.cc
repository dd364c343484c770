// SPDX-License-Identifier: BSD-2-Clause
// The index of access rules (policy/hosts/table_index.h) against the rule-by-rule account: the
// bytes choose both tables and who asks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/testlib/hosts_scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto scenario = postern::testlib::MakeHostsScenario({data, size});
  const std::string complaint = postern::testlib::IndexComplaint(scenario);
  if (complaint.empty()) return 0;
  std::cerr << complaint << "\nhosts.allow:\n"
            << scenario.files.at("allow") << "hosts.deny:\n"
            << scenario.files.at("deny");
  std::abort();
}
