// SPDX-License-Identifier: BSD-2-Clause
// Stretches are merged as they grow, so that each is walked over once in its life.
#include "policy/check/address_cover.h"

#include <algorithm>
#include <iterator>

namespace postern::policy::check {

using analysis::AddressRange;
using analysis::Number128;

void AddressCover::Add(const AddressRange& range, std::uint32_t rule) {
  Number128 first = range.first, last = range.last, open = range.first;
  auto next = stretches_.upper_bound(range.first);
  if (next != stretches_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= range.last) return;
    const bool touches = before->second >= range.first || before->second.Next() == range.first;
    if (touches) {
      open = std::max(open, before->second.Next());
      first = before->first;
      next = stretches_.erase(before);
    }
  }
  bool gap = true;
  while (next != stretches_.end() && (next->first <= last || next->first == last.Next())) {
    if (next->first > open) pieces_[open] = {rule, next->first.Previous()};
    gap = next->second < range.last;
    if (gap) open = next->second.Next();
    last = std::max(last, next->second);
    next = stretches_.erase(next);
    if (last == Number128::Max()) break;
  }
  if (gap && open <= range.last) pieces_[open] = {rule, range.last};
  stretches_[first] = last;
}

std::optional<Number128> AddressCover::CoveredUntil(const Number128& at) const {
  auto next = stretches_.upper_bound(at);
  if (next == stretches_.begin()) return std::nullopt;
  --next;
  if (next->second < at) return std::nullopt;
  return next->second;
}

AddressCover::Owner AddressCover::OwnerOf(const Number128& at) const {
  return std::prev(pieces_.upper_bound(at))->second;
}

}  // namespace postern::policy::check
