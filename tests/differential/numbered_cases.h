// SPDX-License-Identifier: BSD-2-Clause
// Decisions that were observed on the real library, by hand-picked files and requests. Held against
// postern by tests/policy and against the library itself by tests/differential.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/naive_hosts_access.h"

namespace postern::differential {

// The usual caller; a case says what is different. An empty value is unknown.
struct Caller {
  std::string daemon = "ftpd";
  std::string user = "carol";
  std::string client_name = "alpha.lab.example.org";
  std::string client_address = "192.0.2.50";
  std::string server_name = "";
  std::string server_address = "";
  std::optional<std::uint16_t> server_port = std::nullopt;
};

struct NumberedCase {
  int number;
  const char* allow;  // {{D}} is the folder of the pattern files; null: no such file
  const char* deny;
  Caller caller;
  bool granted;  // by tcp_wrappers
  const char* point;
  const char* difference = nullptr;  // the row of COMPATIBILITY.md by which postern refuses
};

const std::vector<NumberedCase>& NumberedCases();

// {{D}}/list holds 10.0.0.0/8 and .example.org; there is no {{D}}/none.
oracle::HostsWorld WorldOf(const NumberedCase& numbered, const std::string& folder);
oracle::HostsCaller CallerOf(const NumberedCase& numbered);

}  // namespace postern::differential
