// SPDX-License-Identifier: BSD-2-Clause
// Whether hosts.allow or hosts.deny hold any rule.
//
// This version does not evaluate them, so a service they would concern must not start: it would run
// with fewer controls than are written down. An unreadable file counts as one with a rule.
#pragma once

#include <string>

#include "policy/service/configuration.h"
#include "policy/service/system_view.h"

namespace postern::policy {

// "FILE:LINE" of the first rule, or empty when neither file has one.
std::string FirstHostsRule(const LoadOptions& options, const SystemView& system);

}  // namespace postern::policy
