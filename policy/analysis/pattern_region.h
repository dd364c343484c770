// SPDX-License-Identifier: BSD-2-Clause
// The addresses that a pattern of hosts_access(5) matches, whatever the client's name is.
//
// An address is its text, IpAddress::ToString(): no zone, and none of the shapes that a printer
// of another mind might give (::192.0.2.1 for ::c000:201).
#pragma once

#include "policy/analysis/region.h"
#include "policy/hosts/pattern.h"

namespace postern::policy::analysis {

Region AddressesOf(Regions& regions, const hosts::TextPattern& pattern);
Region Ipv4AddressesOfGlob(Regions& regions, const hosts::TextPattern& glob);  // kGlob
Region AddressesOf(Regions& regions, const hosts::Ipv4Net& net);
AddressSet AddressesOf(const hosts::Ipv6Net& net);  // its length taken for good

}  // namespace postern::policy::analysis
