// SPDX-License-Identifier: BSD-2-Clause
// Services whose confinement is weaker than it looks, or stronger than their program can bear.
//
// Codes: setuid-program root-service no-sandbox default-profile writable-program
// program-outside-root writable-system missing-tolerated denied-syscall dangerous-capability.
#pragma once

#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/check/service_findings.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

Diagnostics FindInConfinement(const std::vector<CheckedService>& services,
                              const SystemView& system);

}  // namespace postern::policy::check
