// SPDX-License-Identifier: BSD-2-Clause
// Longest-prefix match over keys of up to 128 bits: the index inside an AccessList.
//
// A path-compressed binary tree (D. R. Morrison's PATRICIA) under a table that is indexed with the
// first bits behind the prefix all entries share. The table has about as many slots as there are
// entries, 65536 at most, so a search is a few steps for ten entries and for a hundred thousand,
// and never more than 128. At most two nodes of 32 bytes an entry, eight bytes a slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace postern::policy {

// A string of bits, the first one being the highest of `high`.
struct PrefixKey {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const PrefixKey&, const PrefixKey&) = default;
};

class PrefixTree {
 public:
  struct Entry {
    PrefixKey key;   // zero behind `length`
    int length = 0;  // 0..128
    std::uint32_t value = 0;
  };

  PrefixTree() = default;
  // Of entries with equal key and length that of the lowest value stays. Fewer than 2^30 entries.
  explicit PrefixTree(std::vector<Entry> entries);

  struct Match {
    int length = 0;
    std::uint32_t value = 0;
  };
  // The longest entry that is a prefix of `key`.
  std::optional<Match> Find(const PrefixKey& key) const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Node {
    PrefixKey key;
    std::uint32_t value = kNone;  // kNone: a branch only
    std::uint32_t child[2] = {kNone, kNone};
    std::uint8_t length = 0;
  };
  struct Slot {
    std::uint32_t node = kNone;  // the subtree of longer entries
    std::uint32_t best = kNone;  // index into covers_: the longest entry that covers the slot
  };
  struct Cover {
    std::uint32_t value = 0;
    std::uint8_t length = 0;
  };

  std::size_t SlotOf(const PrefixKey& key) const;
  void InsertCover(const Entry& entry);
  void InsertNode(const Entry& entry);

  PrefixKey shared_;
  int shared_length_ = 0;
  int table_bits_ = 0;
  std::vector<Slot> table_;  // empty: no entries
  std::vector<Cover> covers_;
  std::vector<Node> nodes_;
};

}  // namespace postern::policy
