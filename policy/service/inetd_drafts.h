// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf lines as service drafts, so that defaults, merge and checks are those of xinetd.conf.
//
// As xinetd -inetd_compat does it: flags NAMEINARGS and NOLIBWRAP (a line that runs tcpd asks
// hosts_access(5) itself), groups = yes, id = the service name. Built-in services are called
// NAME-stream and NAME-dgram. A name used before gets "-PROTOCOL" behind it, then "-LINE" too.
#pragma once

#include <vector>

#include "policy/service/inetd_parser.h"
#include "policy/service/service_draft.h"
#include "policy/service/system_view.h"

namespace postern::policy {

// One draft for each entry and address it is to listen on. `defaults` is what every draft inherits.
std::vector<ServiceDraft> DraftInetd(const std::vector<InetdEntry>& entries,
                                     const Settings& defaults, const SystemView& system);

}  // namespace postern::policy
