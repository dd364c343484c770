// SPDX-License-Identifier: BSD-2-Clause
// Building and searching the prefix tree.
#include "policy/address/prefix_tree.h"

#include <algorithm>
#include <bit>

namespace postern::policy {
namespace {

constexpr int kKeyBits = 128;
constexpr int kMaxTableBits = 16;

int CommonBits(const PrefixKey& a, const PrefixKey& b) {
  if (a.high != b.high) return std::countl_zero(a.high ^ b.high);
  return 64 + std::countl_zero(a.low ^ b.low);
}

std::size_t BitAt(const PrefixKey& key, int position) {
  const std::uint64_t half = position < 64 ? key.high : key.low;
  return static_cast<std::size_t>(half >> (63 - position % 64) & 1);
}

// The `count` bits (at most 16) of `key` from `position` on; those behind its end are zero.
std::size_t BitsAt(const PrefixKey& key, int position, int count) {
  if (count == 0) return 0;
  std::uint64_t window = 0;
  if (position >= 64) {
    window = position < kKeyBits ? key.low << (position - 64) : 0;
  } else {
    window = key.high << position;
    if (position > 0) window |= key.low >> (64 - position);
  }
  return static_cast<std::size_t>(window >> (64 - count));
}

}  // namespace

PrefixTree::PrefixTree(std::vector<Entry> entries) {
  if (entries.empty()) return;
  shared_ = entries.front().key;
  shared_length_ = entries.front().length;
  for (const Entry& entry : entries) {
    shared_length_ = std::min({shared_length_, entry.length, CommonBits(shared_, entry.key)});
  }
  table_bits_ = std::min({static_cast<int>(std::bit_width(entries.size())) - 1, kMaxTableBits,
                          kKeyBits - shared_length_});
  table_.resize(std::size_t{1} << table_bits_);
  // Shorter entries first, so that a longer cover may simply replace a shorter one.
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return a.length != b.length ? a.length < b.length : a.value < b.value;
  });
  nodes_.reserve(2 * entries.size());
  for (const Entry& entry : entries) {
    if (entry.length <= shared_length_ + table_bits_) {
      InsertCover(entry);
    } else {
      InsertNode(entry);
    }
  }
  nodes_.shrink_to_fit();
}

std::size_t PrefixTree::SlotOf(const PrefixKey& key) const {
  return BitsAt(key, shared_length_, table_bits_);
}

void PrefixTree::InsertCover(const Entry& entry) {
  const std::size_t first = SlotOf(entry.key);
  const std::uint32_t best = table_[first].best;
  if (best != kNone && covers_[best].length == entry.length) return;
  const auto index = static_cast<std::uint32_t>(covers_.size());
  covers_.push_back({entry.value, static_cast<std::uint8_t>(entry.length)});
  const std::size_t count = std::size_t{1} << (shared_length_ + table_bits_ - entry.length);
  for (std::size_t slot = first; slot < first + count; ++slot) table_[slot].best = index;
}

void PrefixTree::InsertNode(const Entry& entry) {
  const auto added = static_cast<std::uint32_t>(nodes_.size());
  Node leaf{
      .key = entry.key, .value = entry.value, .length = static_cast<std::uint8_t>(entry.length)};
  std::uint32_t* link = &table_[SlotOf(entry.key)].node;
  // Entries come in order of length, so no node is longer than the new one: it goes below what it
  // meets, or beside it.
  while (*link != kNone) {
    Node& node = nodes_[*link];
    const int common = std::min(CommonBits(node.key, entry.key), int{node.length});
    if (common < node.length) {
      Node branch{.key = entry.key, .length = static_cast<std::uint8_t>(common)};
      branch.child[BitAt(node.key, common)] = *link;
      branch.child[BitAt(entry.key, common)] = added + 1;
      *link = added;
      nodes_.push_back(branch);
      nodes_.push_back(leaf);
      return;
    }
    if (node.length == entry.length) return;  // the same block again
    link = &node.child[BitAt(entry.key, node.length)];
  }
  *link = added;
  nodes_.push_back(leaf);
}

std::optional<PrefixTree::Match> PrefixTree::Find(const PrefixKey& key) const {
  if (table_.empty() || CommonBits(shared_, key) < shared_length_) return std::nullopt;
  const Slot& slot = table_[SlotOf(key)];
  std::optional<Match> match;
  if (slot.best != kNone) match = Match{covers_[slot.best].length, covers_[slot.best].value};
  std::uint32_t next = slot.node;
  while (next != kNone) {
    const Node& node = nodes_[next];
    if (CommonBits(node.key, key) < node.length) break;
    if (node.value != kNone) match = Match{node.length, node.value};
    if (node.length == kKeyBits) break;
    next = node.child[BitAt(key, node.length)];
  }
  return match;
}

}  // namespace postern::policy
