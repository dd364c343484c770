// SPDX-License-Identifier: BSD-2-Clause
// The blocks of xinetd.conf as the defaults and the service drafts that inherit them.
//
// All `defaults` sections are read before the first service, so that the order of files and blocks
// decides nothing: xinetd forgets only_from for services that stand before defaults.
#pragma once

#include <vector>

#include "policy/service/conf_document.h"
#include "policy/service/findings.h"
#include "policy/service/service_draft.h"
#include "policy/service/settings_reader.h"
#include "policy/service/system_view.h"

namespace postern::policy {

struct Defaults {
  Settings settings;
  Findings findings;  // failed(): nothing may run
  ReadOptions options;
};

Defaults ReadDefaults(const std::vector<const Block*>& blocks, const SystemView& system);

// The drafts of all services, the disabled ones too (absent = true). The blocks must outlive them.
std::vector<ServiceDraft> DraftXinetd(const std::vector<const Block*>& blocks,
                                      const Defaults& defaults, const SystemView& system);

}  // namespace postern::policy
