// SPDX-License-Identifier: BSD-2-Clause
// Addresses inside patterns, as the C library reads them for tcp_wrappers.
//
// The verdict hangs on every one of these readings ("0300.0.2.0/24", "%lo"), so they are
// reproduced, without a call that could ask the system anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/address/ip_address.h"

namespace postern::policy::hosts {

// inet_addr(3) of a text with four runs between its dots; host order. Blanks and anything behind
// them may follow. 255.255.255.255 is none: it is the error value of inet_addr.
std::optional<std::uint32_t> ParseDottedQuad(std::string_view text);

// A numeric IPv6 address as getaddrinfo(3) takes it, with or without a zone, which does not count:
// "fe80::1%2", "fe80::1%eth0". Whether an interface of that name exists is not asked.
std::optional<policy::IpAddress::Bytes16> ParseNumericIpv6(std::string_view text);

// The interface without which that is no address for getaddrinfo(3); empty: it names none.
std::string_view InterfaceIn(std::string_view ipv6_text);

}  // namespace postern::policy::hosts
