// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/name_cache.h"

#include <algorithm>
#include <utility>

namespace postern::wrapper {

void NameCache::Put(const policy::IpAddress& address, NameResult result,
                    std::chrono::seconds lifetime, std::chrono::milliseconds now) {
  Forget(address);
  if (lifetime <= std::chrono::seconds(0)) return;
  if (entries_.size() >= kMostEntries) Forget(ends_.begin()->second);
  const auto end = ends_.emplace(now + std::min(lifetime, kLongestLife), address);
  entries_.emplace(address, Entry{std::move(result), end});
}

const NameResult* NameCache::Find(const policy::IpAddress& address,
                                  std::chrono::milliseconds now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || found->second.end->first <= now) return nullptr;
  return &found->second.result;
}

void NameCache::Clear() {
  entries_.clear();
  ends_.clear();
}

void NameCache::Forget(const policy::IpAddress& address) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) return;
  const auto end = found->second.end;
  entries_.erase(found);
  ends_.erase(end);
}

}  // namespace postern::wrapper
