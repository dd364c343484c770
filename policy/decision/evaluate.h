// SPDX-License-Identifier: BSD-2-Clause
// The decision itself: pure functions over a service, its counts, and the facts.
#pragma once

#include <optional>
#include <string_view>

#include "policy/decision/deny_list.h"
#include "policy/decision/facts.h"
#include "policy/decision/limits.h"
#include "policy/decision/verdict.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

// only_from and no_access alone. An unknown peer is refused as soon as either list was given.
Verdict EvaluateAddress(const ServiceSpec& spec, const std::optional<IpAddress>& peer);

// The same once the peer's name was asked for: Allow or Deny. `name` is confirmed, or empty when
// the peer has none; then whom a name could refuse, or a name alone could admit, is refused.
Verdict EvaluateAddress(const ServiceSpec& spec, const std::optional<IpAddress>& peer,
                        std::string_view name);

// Whether the peer may send the PROXY header that proxy_protocol = require asks for. Nobody whose
// address is not known may.
bool MaySendProxyHeader(const ServiceSpec& spec, const std::optional<IpAddress>& peer);

// The whole admission of one arrival, in xinetd's order: cps, load, time, instances, per_source,
// -limit, sensor list, address rules. Counts the arrival in `limits`; Started() is the caller's to
// call once the server runs.
Verdict Admit(const ServiceSpec& spec, ServiceLimits& limits, const DenyList& deny_list,
              const Facts& facts);

}  // namespace postern::policy
