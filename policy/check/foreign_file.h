// SPDX-License-Identifier: BSD-2-Clause
// Files that are something else: an encrypted blob, a list of addresses or names, the syntax of
// another program. What their parsers found is then one finding instead of one for each line.
//
// Codes: not-hosts-file not-xinetd-file not-inetd-file.
#pragma once

#include <optional>
#include <string>

#include "policy/base/diagnostic.h"
#include "policy/hosts/table.h"
#include "policy/service/configuration.h"

namespace postern::policy::check {

std::optional<Diagnostic> WhyNotHostsFile(const hosts::Table& table);

// `path`: the main file that was loaded. `is_inetd`: which of the two syntaxes it should have.
std::optional<Diagnostic> WhyNotServiceFile(const Configuration& services, const std::string& path,
                                            bool is_inetd);

}  // namespace postern::policy::check
