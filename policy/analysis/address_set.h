// SPDX-License-Identifier: BSD-2-Clause
// Exact sets of addresses as sorted ranges, and their algebra.
//
// All addresses lie on one line of 128-bit numbers, IPv4 in its mapped form (::ffff:0:0/96), as in
// IpAddress. Every operation is linear in the number of ranges. Sets that are scattered all over
// the line ("every address that ends in .50") are no work for ranges: see bit_diagram.h.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/address/cidr.h"
#include "policy/address/ip_address.h"

namespace postern::policy::analysis {

struct Number128 {
  std::uint64_t high = 0, low = 0;

  static Number128 Of(const IpAddress& address);
  static Number128 Max() { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
  IpAddress ToAddress() const;
  Number128 Next() const { return {high + (low + 1 == 0 ? 1 : 0), low + 1}; }
  Number128 Previous() const { return {high - (low == 0 ? 1 : 0), low - 1}; }
  // Bit 0 is the highest.
  bool Bit(int position) const;
  Number128 WithBit(int position) const;
  // The bits in front of `length` as they are, the others zero or one.
  Number128 FirstOf(int length) const;
  Number128 LastOf(int length) const;

  friend auto operator<=>(const Number128&, const Number128&) = default;
};

// Both ends belong to it.
struct AddressRange {
  Number128 first, last;
  friend auto operator<=>(const AddressRange&, const AddressRange&) = default;
};

AddressRange RangeOf(const CidrBlock& block);
inline constexpr AddressRange kIpv4Range{{0, 0xffff00000000}, {0, 0xffffffffffff}};

class AddressSet {
 public:
  AddressSet() = default;  // empty
  explicit AddressSet(const AddressRange& range) : ranges_{range} {}
  explicit AddressSet(std::vector<AddressRange> ranges);  // in any order, overlapping or not

  static AddressSet All() { return AddressSet(AddressRange{{}, Number128::Max()}); }
  static AddressSet Ipv4() { return AddressSet(kIpv4Range); }
  static AddressSet Ipv6() { return Ipv4().Complement(); }

  bool empty() const { return ranges_.empty(); }
  // Sorted, disjoint, and no two of them touch.
  const std::vector<AddressRange>& ranges() const& { return ranges_; }
  bool Contains(const IpAddress& address) const;

  AddressSet Union(const AddressSet& other) const;
  AddressSet Intersect(const AddressSet& other) const;
  AddressSet Minus(const AddressSet& other) const { return Intersect(other.Complement()); }
  AddressSet Complement() const;

  // The least number of words that say it: "10.0.0.0/8", "192.0.2.3-192.0.2.9", IPv4 first.
  std::vector<std::string> ToWords() const;

  friend auto operator<=>(const AddressSet&, const AddressSet&) = default;

 private:
  std::vector<AddressRange> ranges_;
};

}  // namespace postern::policy::analysis
