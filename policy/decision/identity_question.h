// SPDX-License-Identifier: BSD-2-Clause
// A client's certificate as somebody describes it who asks what a policy would say.
#pragma once

#include <optional>
#include <string_view>

#include "policy/decision/tls_identity.h"

namespace postern::policy {

// Names as patterns spell them, without stars, separated by commas; one without a kind is a host's.
// A subject, which may have commas, comes last. nullopt: not readable.
std::optional<ClientIdentity> ParseIdentity(std::string_view text);

}  // namespace postern::policy
