// SPDX-License-Identifier: BSD-2-Clause
// What the file of a program says about who controls it, and what it gains when it is run.
#pragma once

#include <string>

#include "policy/service/system_view.h"

namespace postern::policy::check {

// The program or the first directory on its path that everybody may write; empty for none. In a
// sticky directory only the owner of a file may replace it (unlink(2)).
std::string WritableByAll(const std::string& program, const SystemView& system);

}  // namespace postern::policy::check
