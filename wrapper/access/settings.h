// SPDX-License-Identifier: BSD-2-Clause
// What the options `severity` and `rfc931` change, and which stays changed for later decisions of
// the process, as hosts_options(5) has it.
#pragma once

#include <chrono>

namespace postern::wrapper {

struct Settings {
  int allow_severity = 6;  // LOG_INFO; a facility may be or'ed in
  int deny_severity = 4;   // LOG_WARNING
  std::chrono::seconds ident_deadline{10};
};

}  // namespace postern::wrapper
