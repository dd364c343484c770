// SPDX-License-Identifier: BSD-2-Clause
// Checks that the daemon's own books agree with each other (SIGABRT, -cc).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/sessions.h"

namespace postern::daemon {

// One line a finding; empty when all is well.
std::vector<std::string> FindInconsistencies(const std::vector<std::shared_ptr<Service>>& services,
                                             const Sessions& sessions, const Admission& admission);

}  // namespace postern::daemon
