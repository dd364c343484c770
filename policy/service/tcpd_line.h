// SPDX-License-Identifier: BSD-2-Clause
// A program that is started through tcpd(8), as inetd.conf has them: which one tcpd would start.
#pragma once

#include <string>

#include "policy/base/text.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

inline bool IsTcpd(const std::string& program) { return Basename(program) == "tcpd"; }

// tcpd(8): argv[0] is its path, or a name in the `directory` that tcpd was built with.
inline std::string ProgramBehindTcpd(const std::string& argv0, const std::string& directory) {
  return argv0.starts_with('/') ? argv0 : directory + "/" + argv0;
}

}  // namespace postern::policy
