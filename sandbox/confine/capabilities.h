// SPDX-License-Identifier: BSD-2-Clause
// Capabilities of the calling process (capabilities(7)): names, the five sets, the secure bits.
//
// Who calls: Enter(), in a zygote; the profile builder, for the names. libcap-ng knows the names
// and nothing else is asked of it: its state is global and its apply functions do more than one
// thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// "net_bind_service" or "NET_BIND_SERVICE", without "cap_"; nullopt for anything else.
std::optional<CapabilityMask> CapabilityNamed(std::string_view name);
// "chown kill setuid", in the order of their numbers; those without a name by number.
std::string CapabilityNames(CapabilityMask mask);
constexpr CapabilityMask Capability(int number) { return CapabilityMask{1} << number; }

struct CapabilitySets {
  CapabilityMask permitted = 0, effective = 0, inheritable = 0, bounding = 0, ambient = 0;
  friend bool operator==(const CapabilitySets&, const CapabilitySets&) = default;
};
sys::Result<CapabilityMask> ReadPermitted();

// Keeps of the bounding set what is in `keep`, for good. Needs setpcap for what it takes away.
sys::Status LimitBounding(CapabilityMask keep);
// Permitted, effective and inheritable.
sys::Status SetCapabilities(CapabilityMask permitted, CapabilityMask effective,
                            CapabilityMask inheritable);
// Exactly these; each must be permitted and inheritable.
sys::Status SetAmbient(CapabilityMask mask);

// Locks what root's user id could bring back: neither executing as root nor changing to it gives
// capabilities, none survive a change of user, and the ambient set can only shrink. For users that
// are not root, under no-new-privileges: setuid programs stop working. Needs setpcap.
sys::Status LockSecureBits();
sys::Result<unsigned> ReadSecureBits();
unsigned LockedSecureBits();  // what ReadSecureBits() says after LockSecureBits()

}  // namespace postern::sandbox
