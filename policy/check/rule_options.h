// SPDX-License-Identifier: BSD-2-Clause
// Options of a rule that fail on this system, or that never act.
#pragma once

#include "policy/base/diagnostic.h"
#include "policy/hosts/table.h"
#include "policy/service/system_view.h"

namespace postern::policy::check {

Diagnostics FindOptions(const hosts::Rule& rule, hosts::Which which, const SystemView& system);

}  // namespace postern::policy::check
