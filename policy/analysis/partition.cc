// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/partition.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace postern::policy::analysis {
namespace {

using Piece = BitDiagrams::Piece;

BitDiagrams::Node NodeOf(Regions& regions, const Partition& partition) {
  if (partition.scattered) return *partition.scattered;
  return regions.diagrams().FromPieces(partition.pieces, 0);
}

// 1 inside of the region, 0 outside.
Partition AsPartition(const Region& region) {
  if (region.scattered) return {{}, region.scattered};
  std::vector<Piece> pieces;
  for (const AddressRange& range : region.ranges.ranges()) pieces.push_back({range, 1});
  const AddressSet outside = region.ranges.Complement();
  for (const AddressRange& range : outside.ranges()) {
    pieces.push_back({range, 0});
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.range.first < b.range.first; });
  return {std::move(pieces), std::nullopt};
}

// Every number with its lowest address. What a node holds is found at its first, lowest place.
class Lowest {
 public:
  explicit Lowest(const BitDiagrams& diagrams) : diagrams_(diagrams) {}

  void Visit(BitDiagrams::Node node, const Number128& prefix) {
    if (!seen_.insert(node).second) return;
    if (BitDiagrams::IsLeaf(node)) {
      found_.emplace_back(BitDiagrams::NumberOf(node), prefix.ToAddress());
      return;
    }
    Visit(diagrams_.Child(node, false), prefix);
    Visit(diagrams_.Child(node, true), prefix.WithBit(diagrams_.LevelOf(node)));
  }

  // In the order of the addresses.
  const std::vector<std::pair<std::uint32_t, IpAddress>>& found() const { return found_; }

 private:
  const BitDiagrams& diagrams_;
  std::unordered_set<BitDiagrams::Node> seen_;
  std::vector<std::pair<std::uint32_t, IpAddress>> found_;
};

}  // namespace

std::uint32_t Partition::At(const Regions& regions, const IpAddress& address) const {
  if (scattered) return regions.diagrams().At(*scattered, address);
  const Number128 number = Number128::Of(address);
  return std::partition_point(pieces.begin(), pieces.end(),
                              [&](const Piece& piece) { return piece.range.last < number; })
      ->number;
}

Partition Overlay(Regions& regions, const Partition& a, const Partition& b,
                  const BitDiagrams::Combine& combine) {
  Partition both;
  if (a.scattered || b.scattered) {
    both.scattered = regions.diagrams().Apply(NodeOf(regions, a), NodeOf(regions, b), combine);
    return both;
  }
  auto left = a.pieces.begin();
  auto right = b.pieces.begin();
  Number128 at{};
  while (left != a.pieces.end() && right != b.pieces.end()) {
    const Number128 last = std::min(left->range.last, right->range.last);
    const std::uint32_t number = combine(left->number, right->number);
    if (!both.pieces.empty() && both.pieces.back().number == number) {
      both.pieces.back().range.last = last;
    } else {
      both.pieces.push_back({{at, last}, number});
    }
    if (left->range.last == last) ++left;
    if (right->range.last == last) ++right;
    at = last.Next();
  }
  return both;
}

std::vector<std::pair<std::uint32_t, IpAddress>> NumbersIn(Regions& regions,
                                                           const Partition& partition,
                                                           const Region& within) {
  // 0 outside, and inside every number is greater by one.
  const Partition inside =
      Overlay(regions, partition, AsPartition(within),
              [](std::uint32_t number, std::uint32_t in) { return in != 0 ? number + 1 : 0; });
  std::vector<std::pair<std::uint32_t, IpAddress>> numbers;
  if (inside.scattered) {
    Lowest lowest(regions.diagrams());
    lowest.Visit(*inside.scattered, {});
    for (const auto& [number, address] : lowest.found()) {
      if (number != 0) numbers.emplace_back(number - 1, address);
    }
    return numbers;
  }
  std::unordered_set<std::uint32_t> met;
  for (const Piece& piece : inside.pieces) {
    if (piece.number == 0 || !met.insert(piece.number).second) continue;
    numbers.emplace_back(piece.number - 1, piece.range.first.ToAddress());
  }
  return numbers;
}

Region Where(Regions& regions, const Partition& partition,
             const std::function<bool(std::uint32_t)>& wanted) {
  if (partition.scattered) {
    return regions.Make(regions.diagrams().Apply(
        *partition.scattered, BitDiagrams::kEmpty,
        [&](std::uint32_t number, std::uint32_t) { return wanted(number) ? 1u : 0u; }));
  }
  std::vector<AddressRange> ranges;
  for (const Piece& piece : partition.pieces) {
    if (wanted(piece.number)) ranges.push_back(piece.range);
  }
  return {AddressSet(std::move(ranges)), std::nullopt};
}

}  // namespace postern::policy::analysis
