// SPDX-License-Identifier: BSD-2-Clause
// A document back to xinetd.conf text in its canonical form: what the parser reads from the result
// is what was printed. Damaged blocks are left out, for there is no text that means them.
#pragma once

#include <string>

#include "policy/service/conf_document.h"

namespace postern::policy {

std::string PrintConf(const ConfFile& file);
std::string PrintAssignment(const Assignment& assignment);  // "name = a b", no newline

}  // namespace postern::policy
