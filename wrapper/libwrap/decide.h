// SPDX-License-Identifier: BSD-2-Clause
// One decision for a caller of the C interface, with the library's global variables as they are.
#pragma once

#include <memory>
#include <string_view>

#include "wrapper/access/gatekeeper.h"
#include "wrapper/access/hosts_files.h"
#include "wrapper/libwrap/abi.h"

namespace postern::wrapper::libwrap {

Settings CurrentSettings();  // the severities and the ident timeout

// Looks up what is missing through the request's own methods, and writes into the request and into
// the severities and the ident timeout what the decision changed. With dry_run set no option acts.
// Does not twist: the outcome says so.
Decision Decide(request_info& request, const HostsVersion& files);

// The same for the options of a rule that the caller read itself, at the place in tcpd_context.
Decision RunOptions(request_info& request, std::string_view options);

// Where the options of one rule end. `twist` without a dry run does not return unless it fails.
bool Follow(const Decision& decision, request_info& request);

}  // namespace postern::wrapper::libwrap
