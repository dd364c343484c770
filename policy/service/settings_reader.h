// SPDX-License-Identifier: BSD-2-Clause
// The assignments of a block into Settings, by the rules of the attribute table.
//
// Judges one line at a time: known, allowed here, right operator, right number of words, right kind
// of value, said once, enforced by this version. What needs several attributes is in check_*.cc.
#pragma once

#include "policy/service/conf_document.h"
#include "policy/service/findings.h"
#include "policy/service/settings.h"
#include "policy/service/system_view.h"

namespace postern::policy {

struct ReadOptions {
  bool accept_trailing_comments = false;  // `trailing_comments = accept` stands in defaults
};

// Reads all assignments of `block` into `settings`, which holds what was inherited, or what earlier
// `defaults` sections said. The block must outlive the settings.
void ReadSettings(const Block& block, const ReadOptions& options, const SystemView& system,
                  Settings& settings, Findings& findings);

// Whether `defaults` says `trailing_comments = accept`; asked before anything else is read.
bool AcceptsTrailingComments(const Block& defaults);

// The `disable = yes` line of a service, or null. xinetd stops reading the block there.
const Assignment* DisabledBy(const Block& service, const ReadOptions& options);

}  // namespace postern::policy
