// SPDX-License-Identifier: BSD-2-Clause
// Counting arrivals by source, with bounded memory.
#include "policy/decision/source_rates.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace postern::policy {

bool SourceRates::Arrive(const std::optional<IpAddress>& source, const SourceRate& rate,
                         Instant now) {
  const Instant oldest_start = now - std::chrono::seconds(std::max(rate.seconds, 1u));
  const Key key = source ? Key(source->Source()) : std::nullopt;
  auto found = sources_.find(key);
  if (found == sources_.end()) found = Insert(key);
  Source& entry = found->second;
  if (entry.count == 0 || entry.start <= oldest_start) {
    within_.splice(within_.end(), entry.over ? over_ : within_, entry.place);
    entry.start = now;
    entry.count = 0;
    entry.over = false;
  }
  DropExpired(within_, oldest_start);
  DropExpired(over_, oldest_start);
  if (entry.count < std::numeric_limits<std::uint32_t>::max()) ++entry.count;
  if (entry.count <= rate.count) return true;
  if (!entry.over) over_.splice(over_.end(), within_, entry.place);
  entry.over = true;
  return false;
}

void SourceRates::Clear() {
  sources_.clear();
  within_.clear();
  over_.clear();
}

SourceRates::Sources::iterator SourceRates::Insert(const Key& key) {
  if (sources_.size() < kMaxSources) {
    within_.push_back(key);
    Source source;
    source.place = std::prev(within_.end());
    return sources_.emplace(key, source).first;
  }
  Queue& queue = within_.empty() ? over_ : within_;
  // The victim's nodes are used again: a flood of new sources allocates nothing.
  Sources::node_type node = sources_.extract(queue.front());
  queue.front() = key;
  within_.splice(within_.end(), queue, queue.begin());
  node.key() = key;
  node.mapped() = Source{};
  node.mapped().place = std::prev(within_.end());
  return sources_.insert(std::move(node)).position;
}

// At most two: an arrival adds one source at most, so this keeps pace without ever taking long.
void SourceRates::DropExpired(Queue& queue, Instant oldest_start) {
  for (int dropped = 0; dropped < 2 && !queue.empty(); ++dropped) {
    const auto source = sources_.find(queue.front());
    if (source->second.start > oldest_start) return;
    sources_.erase(source);
    queue.pop_front();
  }
}

}  // namespace postern::policy
