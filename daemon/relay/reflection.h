// SPDX-License-Identifier: BSD-2-Clause
// To whom a datagram service must not speak. A sender's address is whatever the attacker wrote into
// the packet, so an answer may hit a third party, or start two services talking for ever.
#pragma once

#include "daemon/protocol.h"

namespace postern::daemon {

// Privileged ports, the ports below, and addresses that are no single host. Pure.
bool MayReflect(const WireAddress& sender);

}  // namespace postern::daemon
