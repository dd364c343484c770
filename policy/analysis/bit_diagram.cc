// SPDX-License-Identifier: BSD-2-Clause
// Building, combining and searching shared decision diagrams.
//
// Recursion is as deep as an address has bits, whatever the input.
#include "policy/analysis/bit_diagram.h"

#include <algorithm>
#include <span>

namespace postern::policy::analysis {
namespace {

constexpr BitDiagrams::Node kFree = ~BitDiagrams::Node{0};
constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kStepsOfPair = 16;  // combining two nodes, with its place in a memory

std::size_t Hash(int level, BitDiagrams::Node zero, BitDiagrams::Node one) {
  std::uint64_t mixed = (std::uint64_t{zero} << 32 | one) ^ static_cast<std::uint64_t>(level) << 57;
  mixed = (mixed ^ mixed >> 32) * 0x9e3779b97f4a7c15;
  return static_cast<std::size_t>(mixed ^ mixed >> 29);
}

bool IsSet(std::uint32_t number) { return number != 0; }

}  // namespace

struct BitDiagrams::Slice {
  std::span<const Piece> pieces;
  Node rest;
};

BitDiagrams::BitDiagrams(std::size_t node_limit, std::size_t step_limit)
    : slots_(kFirstSlots, kFree), limit_(node_limit), step_limit_(step_limit) {}

void BitDiagrams::Grow() {
  std::vector<Node> slots(slots_.size() * 2, kFree);
  for (Node node = 0; node < nodes_.size(); ++node) {
    const Inner& inner = nodes_[node];
    std::size_t slot = Hash(inner.level, inner.zero, inner.one) & (slots.size() - 1);
    while (slots[slot] != kFree) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = node;
  }
  slots_.swap(slots);
}

BitDiagrams::Node BitDiagrams::Branch(int level, Node zero, Node one) {
  if (zero == one) return zero;
  std::size_t slot = Hash(level, zero, one) & (slots_.size() - 1);
  for (; slots_[slot] != kFree; slot = (slot + 1) & (slots_.size() - 1)) {
    const Inner& inner = nodes_[slots_[slot]];
    if (inner.level == level && inner.zero == zero && inner.one == one) return slots_[slot];
  }
  if (nodes_.size() >= limit_) {
    exhausted_ = true;
    return kEmpty;
  }
  const Node node = static_cast<Node>(nodes_.size());
  slots_[slot] = node;
  nodes_.push_back({static_cast<std::uint8_t>(level), zero, one});
  if (nodes_.size() * 2 > slots_.size()) Grow();
  return node;
}

BitDiagrams::Node BitDiagrams::Build(const Slice& slice, int level, const Number128& prefix) {
  if (slice.pieces.empty()) return slice.rest;
  const Piece& piece = slice.pieces.front();
  if (piece.range.first <= prefix && prefix.LastOf(level) <= piece.range.last) {
    return Leaf(piece.number);
  }
  const Number128 upper = prefix.WithBit(level);
  const auto reaches = std::partition_point(slice.pieces.begin(), slice.pieces.end(),
                                            [&](const Piece& p) { return p.range.last < upper; });
  const auto begins = std::partition_point(reaches, slice.pieces.end(),
                                           [&](const Piece& p) { return p.range.first < upper; });
  const Node zero = Build({{slice.pieces.begin(), begins}, slice.rest}, level + 1, prefix);
  const Node one = Build({{reaches, slice.pieces.end()}, slice.rest}, level + 1, upper);
  return Branch(level, zero, one);
}

BitDiagrams::Node BitDiagrams::FromPieces(const std::vector<Piece>& pieces, std::uint32_t rest) {
  return Build({pieces, Leaf(rest)}, 0, {});
}

BitDiagrams::Node BitDiagrams::FromSet(const AddressSet& set) {
  std::vector<Piece> pieces;
  pieces.reserve(set.ranges().size());
  for (const AddressRange& range : set.ranges()) pieces.push_back({range, 1});
  return FromPieces(pieces, 0);
}

BitDiagrams::Node BitDiagrams::ApplyMemo(Node a, Node b, const Combine& combine, Memo& memo) {
  if (exhausted_) return kEmpty;
  if (IsLeaf(a) && IsLeaf(b)) return Leaf(combine(NumberOf(a), NumberOf(b)));
  const std::uint64_t key = std::uint64_t{a} << 32 | b;
  const auto known = memo.find(key);
  if (known != memo.end()) return known->second;
  Spend(kStepsOfPair);
  const int level = std::min(LevelOf(a), LevelOf(b));
  const bool split_a = LevelOf(a) == level;
  const bool split_b = LevelOf(b) == level;
  const Node zero =
      ApplyMemo(split_a ? Child(a, false) : a, split_b ? Child(b, false) : b, combine, memo);
  const Node one =
      ApplyMemo(split_a ? Child(a, true) : a, split_b ? Child(b, true) : b, combine, memo);
  const Node result = exhausted_ ? kEmpty : Branch(level, zero, one);
  memo.emplace(key, result);
  return result;
}

BitDiagrams::Node BitDiagrams::Apply(Node a, Node b, const Combine& combine) {
  Memo memo;
  return ApplyMemo(a, b, combine, memo);
}

BitDiagrams::Node BitDiagrams::Union(Node a, Node b) {
  if (a == kEmpty || a == b) return b;
  if (b == kEmpty) return a;
  return Apply(a, b, [](std::uint32_t x, std::uint32_t y) { return x | y; });
}

BitDiagrams::Node BitDiagrams::Intersect(Node a, Node b) {
  if (a == kAll || a == b) return b;
  if (b == kAll) return a;
  return Apply(a, b, [](std::uint32_t x, std::uint32_t y) { return x & y; });
}

BitDiagrams::Node BitDiagrams::Minus(Node a, Node b) {
  if (b == kEmpty) return a;
  return Apply(a, b, [](std::uint32_t x, std::uint32_t y) { return x & ~y; });
}

std::uint32_t BitDiagrams::At(Node node, const IpAddress& address) const {
  const Number128 number = Number128::Of(address);
  while (!IsLeaf(node)) node = Child(node, number.Bit(LevelOf(node)));
  return NumberOf(node);
}

std::optional<IpAddress> BitDiagrams::Find(Node node,
                                           const std::function<bool(std::uint32_t)>& wanted) const {
  std::unordered_set<Node> fruitless;
  const std::optional<Number128> number = Search(node, {}, wanted, fruitless);
  return number ? std::optional(number->ToAddress()) : std::nullopt;
}

std::optional<Number128> BitDiagrams::Search(Node node, const Number128& prefix,
                                             const std::function<bool(std::uint32_t)>& wanted,
                                             std::unordered_set<Node>& fruitless) const {
  if (IsLeaf(node)) return wanted(NumberOf(node)) ? std::optional(prefix) : std::nullopt;
  if (fruitless.contains(node)) return std::nullopt;
  std::optional<Number128> found = Search(Child(node, false), prefix, wanted, fruitless);
  if (!found) {
    found = Search(Child(node, true), prefix.WithBit(LevelOf(node)), wanted, fruitless);
  }
  if (!found) fruitless.insert(node);
  return found;
}

namespace {

// Walks the pieces of a diagram from the lowest address to the highest. `visit` returns false to
// stop; so does Walk then.
template <typename Visit>
bool Walk(const BitDiagrams& diagrams, BitDiagrams::Node node, int level, const Number128& prefix,
          const Visit& visit) {
  if (BitDiagrams::IsLeaf(node)) {
    return visit(AddressRange{prefix, prefix.LastOf(level)}, BitDiagrams::NumberOf(node));
  }
  const Number128 upper = prefix.WithBit(level);
  const bool splits = diagrams.LevelOf(node) == level;
  return Walk(diagrams, splits ? diagrams.Child(node, false) : node, level + 1, prefix, visit) &&
         Walk(diagrams, splits ? diagrams.Child(node, true) : node, level + 1, upper, visit);
}

}  // namespace

std::optional<AddressSet> BitDiagrams::ToRanges(Node set, std::size_t limit) {
  std::vector<AddressRange> ranges;
  const bool whole = Walk(*this, set, 0, {}, [&](const AddressRange& range, std::uint32_t number) {
    Spend(1);
    if (exhausted_) return false;
    if (!IsSet(number)) return true;
    if (!ranges.empty() && ranges.back().last.Next() == range.first) {
      ranges.back().last = range.last;
      return true;
    }
    ranges.push_back(range);
    return ranges.size() <= limit;
  });
  return whole ? std::optional(AddressSet(std::move(ranges))) : std::nullopt;
}

}  // namespace postern::policy::analysis
