// SPDX-License-Identifier: BSD-2-Clause
// Functions from addresses to small numbers, exactly, as shared decision diagrams.
//
// R. Bryant's ordered binary decision diagrams with the 128 bits of an address (IPv4 mapped) as
// variables, from the highest down, and numbers as leaves. Equal functions are the same Node, so
// comparing is free, and a set such as "ends in .50", 2^24 ranges long, is a few dozen nodes. A
// pool that has grown to its limit of nodes, or has done its number of steps, answers the leaf 0
// from then on and says so in exhausted(): whoever builds must look, and refuse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/analysis/address_set.h"

namespace postern::policy::analysis {

class BitDiagrams {
 public:
  using Node = std::uint32_t;
  static constexpr int kBits = 128;
  static constexpr Node kLeaf = 0x80000000;  // the leaf of number n is kLeaf | n
  static constexpr Node kEmpty = kLeaf;      // as a set
  static constexpr Node kAll = kLeaf | 1;

  // Some hundred megabytes and some seconds.
  static constexpr std::size_t kNodeLimit = std::size_t{1} << 22;
  static constexpr std::size_t kStepLimit = std::size_t{1} << 29;
  explicit BitDiagrams(std::size_t node_limit = kNodeLimit, std::size_t step_limit = kStepLimit);

  static Node Leaf(std::uint32_t number) { return kLeaf | number; }
  static bool IsLeaf(Node node) { return (node & kLeaf) != 0; }
  static std::uint32_t NumberOf(Node leaf) { return leaf & ~kLeaf; }

  // The function that looks at bit `level` and goes on as `zero` or `one`.
  Node Branch(int level, Node zero, Node one);
  int LevelOf(Node node) const { return IsLeaf(node) ? kBits : nodes_[node].level; }
  Node Child(Node node, bool one) const { return one ? nodes_[node].one : nodes_[node].zero; }

  struct Piece {
    AddressRange range;
    std::uint32_t number = 0;
  };
  // `pieces` sorted and disjoint; what they leave out has the number `rest`.
  Node FromPieces(const std::vector<Piece>& pieces, std::uint32_t rest);
  Node FromSet(const AddressSet& set);

  // Leaf by leaf. `combine` must depend on its arguments alone.
  using Combine = std::function<std::uint32_t(std::uint32_t, std::uint32_t)>;
  Node Apply(Node a, Node b, const Combine& combine);
  Node Union(Node a, Node b);
  Node Intersect(Node a, Node b);
  Node Minus(Node a, Node b);

  std::uint32_t At(Node node, const IpAddress& address) const;
  // The lowest address with a number that `wanted` accepts.
  std::optional<IpAddress> Find(Node node, const std::function<bool(std::uint32_t)>& wanted) const;
  // The set as ranges; nullopt when there are more than `limit`.
  std::optional<AddressSet> ToRanges(Node set, std::size_t limit);

  bool exhausted() const { return exhausted_; }
  // A step is some nanoseconds. Those who do long work beside the diagrams take theirs here.
  void Spend(std::size_t steps) {
    spent_ += steps;
    exhausted_ |= spent_ > step_limit_;
  }
  void Exhaust() { exhausted_ = true; }
  // For the next of several questions, each of which may take all the steps.
  void ForgetSteps() { spent_ = 0; }

 private:
  struct Inner {
    std::uint8_t level = 0;
    Node zero = kEmpty, one = kEmpty;
  };
  using Memo = std::unordered_map<std::uint64_t, Node>;
  struct Slice;

  Node Build(const Slice& slice, int level, const Number128& prefix);
  Node ApplyMemo(Node a, Node b, const Combine& combine, Memo& memo);
  std::optional<Number128> Search(Node node, const Number128& prefix,
                                  const std::function<bool(std::uint32_t)>& wanted,
                                  std::unordered_set<Node>& fruitless) const;
  void Grow();

  std::vector<Inner> nodes_;
  std::vector<Node> slots_;  // open addressing over nodes_
  std::size_t limit_, step_limit_, spent_ = 0;
  bool exhausted_ = false;
};

}  // namespace postern::policy::analysis
