// SPDX-License-Identifier: BSD-2-Clause
// Merging, cutting and printing sorted ranges of addresses.
#include "policy/analysis/address_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace postern::policy::analysis {
namespace {

constexpr int kV4Offset = 96;

// The number with the first `length` bits set.
Number128 MaskOf(int length) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  if (length <= 0) return {};
  if (length <= 64) return {kOnes << (64 - length), 0};
  return {kOnes, kOnes << (128 - length)};
}

// The length of the block that `range` is, on the scale of 128 bits.
std::optional<int> BlockLength(const AddressRange& range) {
  const Number128 difference{range.first.high ^ range.last.high, range.first.low ^ range.last.low};
  const int common = difference.high != 0 ? std::countl_zero(difference.high)
                                          : 64 + std::countl_zero(difference.low);
  const bool whole =
      range.first == range.first.FirstOf(common) && range.last == range.first.LastOf(common);
  return whole ? std::optional(common) : std::nullopt;
}

std::string WordOf(const AddressRange& range, bool v4) {
  const std::string first = range.first.ToAddress().ToString();
  const std::optional<int> length = BlockLength(range);
  if (length == 128) return first;
  if (length) return first + '/' + std::to_string(*length - (v4 ? kV4Offset : 0));
  return first + '-' + range.last.ToAddress().ToString();
}

}  // namespace

Number128 Number128::Of(const IpAddress& address) {
  Number128 number;
  for (std::size_t i = 0; i < 8; ++i) {
    number.high = number.high << 8 | address.bytes()[i];
    number.low = number.low << 8 | address.bytes()[i + 8];
  }
  return number;
}

IpAddress Number128::ToAddress() const {
  IpAddress::Bytes16 bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i) & 0xff);
    bytes[i + 8] = static_cast<std::uint8_t>(low >> (56 - 8 * i) & 0xff);
  }
  return IpAddress::FromV6(bytes);
}

bool Number128::Bit(int position) const {
  const std::uint64_t half = position < 64 ? high : low;
  return (half >> (63 - position % 64) & 1) != 0;
}

Number128 Number128::WithBit(int position) const {
  const std::uint64_t bit = std::uint64_t{1} << (63 - position % 64);
  return position < 64 ? Number128{high | bit, low} : Number128{high, low | bit};
}

Number128 Number128::FirstOf(int length) const {
  const Number128 mask = MaskOf(length);
  return {high & mask.high, low & mask.low};
}

Number128 Number128::LastOf(int length) const {
  const Number128 mask = MaskOf(length);
  return {high | ~mask.high, low | ~mask.low};
}

AddressRange RangeOf(const CidrBlock& block) {
  const Number128 base = Number128::Of(block.base());
  return {base, base.LastOf(block.length128())};
}

AddressSet::AddressSet(std::vector<AddressRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.first < b.first; });
  for (const AddressRange& range : ranges) {
    const bool touches = !ranges_.empty() && (ranges_.back().last == Number128::Max() ||
                                              range.first <= ranges_.back().last.Next());
    if (touches) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

bool AddressSet::Contains(const IpAddress& address) const {
  const Number128 number = Number128::Of(address);
  const auto behind = std::upper_bound(
      ranges_.begin(), ranges_.end(), number,
      [](const Number128& n, const AddressRange& range) { return n < range.first; });
  return behind != ranges_.begin() && number <= std::prev(behind)->last;
}

AddressSet AddressSet::Union(const AddressSet& other) const {
  std::vector<AddressRange> both = ranges_;
  both.insert(both.end(), other.ranges_.begin(), other.ranges_.end());
  return AddressSet(std::move(both));
}

AddressSet AddressSet::Intersect(const AddressSet& other) const {
  AddressSet result;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const Number128 first = std::max(a->first, b->first);
    const Number128 last = std::min(a->last, b->last);
    if (first <= last) result.ranges_.push_back({first, last});
    ++(a->last < b->last ? a : b);
  }
  return result;
}

AddressSet AddressSet::Complement() const {
  AddressSet result;
  Number128 next{};
  for (const AddressRange& range : ranges_) {
    if (next < range.first) result.ranges_.push_back({next, range.first.Previous()});
    if (range.last == Number128::Max()) return result;
    next = range.last.Next();
  }
  result.ranges_.push_back({next, Number128::Max()});
  return result;
}

std::vector<std::string> AddressSet::ToWords() const {
  std::vector<std::string> words;
  const AddressSet v4 = Intersect(Ipv4());
  for (const AddressRange& range : v4.ranges_) words.push_back(WordOf(range, true));
  // No IPv6 address is inside the mapped block, so what reaches it from both sides is one range.
  AddressSet v6 = Minus(Ipv4());
  const auto holds = [&](const Number128& number) {
    return !v6.Intersect(AddressSet(AddressRange{number, number})).empty();
  };
  if (holds(kIpv4Range.first.Previous()) && holds(kIpv4Range.last.Next())) v6 = v6.Union(Ipv4());
  for (const AddressRange& range : v6.ranges_) words.push_back(WordOf(range, false));
  return words;
}

}  // namespace postern::policy::analysis
