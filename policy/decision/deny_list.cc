// SPDX-License-Identifier: BSD-2-Clause
// The sensor's memory: who is refused until when.
#include "policy/decision/deny_list.h"

#include <algorithm>

namespace postern::policy {
namespace {

// Longer than any clock that starts at boot will run, and small enough for every sum of Instants.
constexpr std::chrono::minutes kForEver = std::chrono::days(365'000);

}  // namespace

DenyList::Added DenyList::Add(const IpAddress& address, Instant now,
                              std::chrono::minutes duration) {
  const bool for_ever = duration.count() == 0 || duration > kForEver;
  const std::optional<Instant> until = for_ever ? std::nullopt : std::optional(now + duration);
  if (const auto known = until_.find(address); known != until_.end()) {
    std::optional<Instant>& end = known->second;
    const bool expired = end && *end <= now;
    if (expired || !until || (end && *end < *until)) end = until;
    return expired ? Added::kNew : Added::kExtended;
  }
  if (until_.size() >= kMaxEntries) Expire(now);
  if (until_.size() >= kMaxEntries) return Added::kFull;
  until_.emplace(address, until);
  return Added::kNew;
}

bool DenyList::Contains(const IpAddress& address, Instant now) const {
  const auto found = until_.find(address);
  return found != until_.end() && (!found->second || now < *found->second);
}

std::size_t DenyList::Expire(Instant now) {
  return std::erase_if(until_,
                       [now](const auto& entry) { return entry.second && *entry.second <= now; });
}

}  // namespace postern::policy
