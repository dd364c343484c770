// SPDX-License-Identifier: BSD-2-Clause
// A block of addresses: a prefix and its length. Bits outside the prefix are zero by construction.
//
// Containment is decided on the 128-bit scale, where IPv4 lives in ::ffff:0:0/96: the IPv6 block
// ::/0 therefore holds every IPv4 address too, and ::ffff:10.0.0.0/104 is 10.0.0.0/8.
#pragma once

#include <optional>
#include <string>

#include "policy/address/ip_address.h"

namespace postern::policy {

class CidrBlock {
 public:
  // `length` counts from the start of the address's own family: 0..32 for IPv4, 0..128 for IPv6.
  // Bits beyond it are cleared. nullopt when the length does not fit the family.
  static std::optional<CidrBlock> Make(const IpAddress& address, int length);

  const IpAddress& base() const { return base_; }
  int length() const { return length_; }  // on the family's own scale
  int length128() const { return is_v4_ ? length_ + 96 : length_; }
  bool is_v4() const { return is_v4_; }
  bool Contains(const IpAddress& address) const;
  // Every IPv4 address, or every address.
  bool holds_family() const { return length128() == 0 || (is_v4_ && length128() == 96); }

  std::string ToString() const;  // "10.0.0.0/8", "2001:db8::/32"

  friend bool operator==(const CidrBlock&, const CidrBlock&) = default;

 private:
  CidrBlock(const IpAddress& base, int length);
  IpAddress base_;
  int length_;
  bool is_v4_;
};

}  // namespace postern::policy
