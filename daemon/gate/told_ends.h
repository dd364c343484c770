// SPDX-License-Identifier: BSD-2-Clause
// Where a client came from, and where to, as posternd tells it in the environment.
//
// Behind postern-relay the gate's descriptor is a socketpair, which knows of neither end; behind a
// proxy it is connected to that. The words are those of daemon/acceptor/connection_environment.h;
// posternd puts them behind what the configuration says, so the last of a name counts.
#pragma once

#include <optional>

#include "wrapper/access/fact_source.h"

namespace postern::daemon {

// nullopt when no TCP client is told of. `environment` as main() gets it.
std::optional<wrapper::Connection> ToldEnds(const char* const* environment);

}  // namespace postern::daemon
