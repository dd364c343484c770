// SPDX-License-Identifier: BSD-2-Clause
// A sweep over the ranges by their first addresses, with those that are open in a heap by
// precedence. Scattered regions are laid over its result.
#include "policy/analysis/first_match.h"

#include <algorithm>
#include <queue>

namespace postern::policy::analysis {
namespace {

using Piece = BitDiagrams::Piece;

constexpr std::size_t kStepsOfRegion = 1, kStepsOfRange = 4;  // it is sorted and swept over

class Sweep {
 public:
  Sweep(std::vector<Piece> ranges, std::uint32_t rest) : ranges_(std::move(ranges)), rest_(rest) {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Piece& a, const Piece& b) { return a.range.first < b.range.first; });
  }

  std::vector<Piece> Run() {
    Number128 at{};
    while (true) {
      while (next_ < ranges_.size() && ranges_[next_].range.first <= at) open_.push(next_++);
      while (!open_.empty() && ranges_[open_.top()].range.last < at) open_.pop();
      const Number128 last = open_.empty() ? EndOfGap() : EndOfTop();
      Emit({at, last}, open_.empty() ? rest_ : ranges_[open_.top()].number);
      if (last == Number128::Max()) return std::move(pieces_);
      at = last.Next();
    }
  }

 private:
  struct Later {
    const std::vector<Piece>* ranges;
    bool operator()(std::size_t a, std::size_t b) const {
      return (*ranges)[a].number > (*ranges)[b].number;
    }
  };

  Number128 EndOfGap() const {
    return next_ < ranges_.size() ? ranges_[next_].range.first.Previous() : Number128::Max();
  }

  Number128 EndOfTop() {
    const Piece top = ranges_[open_.top()];
    while (next_ < ranges_.size() && ranges_[next_].range.first <= top.range.last) {
      if (ranges_[next_].number < top.number) return ranges_[next_].range.first.Previous();
      open_.push(next_++);
    }
    return top.range.last;
  }

  void Emit(const AddressRange& range, std::uint32_t number) {
    if (!pieces_.empty() && pieces_.back().number == number) {
      pieces_.back().range.last = range.last;
    } else {
      pieces_.push_back({range, number});
    }
  }

  std::vector<Piece> ranges_;
  std::uint32_t rest_;
  std::size_t next_ = 0;
  std::priority_queue<std::size_t, std::vector<std::size_t>, Later> open_{Later{&ranges_}};
  std::vector<Piece> pieces_;
};

BitDiagrams::Node Lower(BitDiagrams& diagrams, BitDiagrams::Node a, BitDiagrams::Node b) {
  return diagrams.Apply(a, b, [](std::uint32_t x, std::uint32_t y) { return std::min(x, y); });
}

}  // namespace

void FirstMatch::Add(const Region& region, std::uint32_t number) {
  if (region.scattered) {
    scattered_.emplace_back(*region.scattered, number);
    return;
  }
  const std::vector<AddressRange>& ranges = region.ranges.ranges();
  regions_.diagrams().Spend(kStepsOfRegion + kStepsOfRange * ranges.size());
  for (const AddressRange& range : ranges) ranges_.push_back({range, number});
}

// Pair by pair, so that the diagrams that are combined are alike in size.
BitDiagrams::Node FirstMatch::Scattered(std::uint32_t rest) {
  BitDiagrams& diagrams = regions_.diagrams();
  std::vector<BitDiagrams::Node> nodes;
  for (const auto& [node, number] : scattered_) {
    nodes.push_back(diagrams.Apply(
        node, BitDiagrams::kEmpty,
        [rest, n = number](std::uint32_t in, std::uint32_t) { return in != 0 ? n : rest; }));
  }
  while (nodes.size() > 1) {
    const std::size_t half = (nodes.size() + 1) / 2;
    for (std::size_t i = 0; i + half < nodes.size(); ++i) {
      nodes[i] = Lower(diagrams, nodes[i], nodes[i + half]);
    }
    nodes.resize(half);
  }
  return nodes.front();
}

Partition FirstMatch::Take(std::uint32_t rest) {
  Partition partition;
  partition.pieces = Sweep(std::move(ranges_), rest).Run();
  if (scattered_.empty()) return partition;
  const BitDiagrams::Node among = Scattered(rest);
  BitDiagrams& diagrams = regions_.diagrams();
  const BitDiagrams::Node base = diagrams.FromPieces(partition.pieces, rest);
  partition.scattered = Lower(diagrams, base, among);
  partition.pieces.clear();
  return partition;
}

}  // namespace postern::policy::analysis
