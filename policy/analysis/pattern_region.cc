// SPDX-License-Identifier: BSD-2-Clause
// Patterns as sets: directly where their shape says it, else through the text of the addresses.
#include "policy/analysis/pattern_region.h"

#include <bit>
#include <string>

#include "policy/analysis/address_text.h"

namespace postern::policy::analysis {
namespace {

using hosts::TextPattern;

constexpr std::uint32_t kAllOnes = 0xffffffff;

AddressSet One(const IpAddress& address) {
  const Number128 number = Number128::Of(address);
  return AddressSet(AddressRange{number, number});
}

AddressSet Block(const IpAddress& address, int length) {
  const std::optional<CidrBlock> block = CidrBlock::Make(address, length);
  return block ? AddressSet(RangeOf(*block)) : AddressSet();
}

AddressSet WithText(const std::string& text) {
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  return address && address->ToString() == text ? One(*address) : AddressSet();
}

// "192.0.2." and "10.": one to three octets as they are printed.
AddressSet WithPrefix(std::string text) {
  int octets = 0;
  for (const char c : text) octets += c == '.' ? 1 : 0;
  text.pop_back();
  if (octets > 3) return {};
  std::string whole = text;
  for (int octet = octets; octet < 4; ++octet) whole += ".0";
  const std::optional<IpAddress> address = IpAddress::Parse(whole);
  if (!address || address->ToString() != whole) return {};
  return Block(*address, 8 * octets);
}

// What no text of an address has: a letter that is no hexadecimal digit.
bool CannotBeAddress(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef.:*?") != std::string::npos;
}

}  // namespace

Region AddressesOf(Regions& regions, const TextPattern& pattern) {
  switch (pattern.kind) {
    case TextPattern::Kind::kAll:
    case TextPattern::Kind::kKnown:
      return {AddressSet::All(), std::nullopt};
    case TextPattern::Kind::kIpv6:
      if (!pattern.bytes) return {};
      return {One(IpAddress::FromV6(*pattern.bytes)).Minus(AddressSet::Ipv4()), std::nullopt};
    case TextPattern::Kind::kExact:
      return {WithText(pattern.folded), std::nullopt};
    case TextPattern::Kind::kPrefix:
      return {WithPrefix(pattern.folded), std::nullopt};
    case TextPattern::Kind::kSuffix:
    case TextPattern::Kind::kGlob:
      break;
  }
  if (CannotBeAddress(pattern.folded)) return {};
  const bool glob = pattern.kind == TextPattern::Kind::kGlob;
  const std::string text = glob ? pattern.folded : "?*" + pattern.folded;
  return regions.Make(AddressesWithText(regions.diagrams(), text));
}

Region Ipv4AddressesOfGlob(Regions& regions, const hosts::TextPattern& glob) {
  if (CannotBeAddress(glob.folded)) return {};
  return regions.Make(Ipv4AddressesWithText(regions.diagrams(), glob.folded));
}

Region AddressesOf(Regions& regions, const hosts::Ipv4Net& net) {
  if ((net.network & net.mask) != net.network) return {};
  // The libraries of old took 255.255.255.255 for an error, and so it is in no network.
  const AddressSet error = One(IpAddress::FromV4(kAllOnes));
  if (std::has_single_bit(std::uint64_t{~net.mask} + 1)) {
    const int length = std::popcount(net.mask);
    return {Block(IpAddress::FromV4(net.network), length).Minus(error), std::nullopt};
  }
  BitDiagrams& diagrams = regions.diagrams();
  BitDiagrams::Node node = BitDiagrams::kAll;
  const Number128 mapped = Number128::Of(IpAddress::FromV4(net.network));
  for (int level = BitDiagrams::kBits - 1; level >= 0; --level) {
    const bool counts = level < 96 || (net.mask >> (127 - level) & 1) != 0;
    if (!counts) continue;
    const bool one = mapped.Bit(level);
    node =
        diagrams.Branch(level, one ? BitDiagrams::kEmpty : node, one ? node : BitDiagrams::kEmpty);
  }
  return regions.Make(diagrams.Minus(node, diagrams.FromSet(error)));
}

AddressSet AddressesOf(const hosts::Ipv6Net& net) {
  const Number128 number = Number128::Of(IpAddress::FromV6(net.network));
  const AddressRange range{number.FirstOf(net.length), number.LastOf(net.length)};
  return AddressSet(range).Minus(AddressSet::Ipv4());
}

}  // namespace postern::policy::analysis
