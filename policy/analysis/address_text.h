// SPDX-License-Identifier: BSD-2-Clause
// The addresses whose printed text matches a glob, exactly.
//
// The text of an address is IpAddress::ToString(). The globs of hosts_access(5) know nothing of
// addresses: "10.*" and "*5?" are compared with the text, and here the text's structure (octets;
// groups, their leading zeros and the one shortened run of zero groups) is walked together with the
// automaton of the glob, so that no address is ever tried.
#pragma once

#include <string_view>

#include "policy/analysis/bit_diagram.h"

namespace postern::policy::analysis {

// `glob` in lower case.
BitDiagrams::Node AddressesWithText(BitDiagrams& diagrams, std::string_view glob);
// Those of IPv4 among them, for much less work.
BitDiagrams::Node Ipv4AddressesWithText(BitDiagrams& diagrams, std::string_view glob);

}  // namespace postern::policy::analysis
