// SPDX-License-Identifier: BSD-2-Clause
// Scattered regions are taken apart octet by octet, or group by group: values that lead to the same
// rest of the diagram are one word.
#include "policy/analysis/region_words.h"

#include <algorithm>
#include <map>
#include <utility>

namespace postern::policy::analysis {
namespace {

using Node = BitDiagrams::Node;

constexpr int kMappedBits = 96;
constexpr std::size_t kFewBlocks = 64;
constexpr std::size_t kMaxLooks = std::size_t{1} << 22;  // at parts of a diagram, for one region
constexpr std::size_t kMaxParts =
    256;  // an octet has no more; a group with more is no help to read

struct Shape {
  int first_level;  // where the first part begins
  int bits;         // of a part
  char separator;
};
constexpr Shape kIpv4Shape{kMappedBits, 8, '.'};
constexpr Shape kIpv6Shape{0, 16, ':'};

std::string Number(std::uint32_t value, const Shape& shape) {
  if (shape.bits == 8) return std::to_string(value);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (!text.empty() || shift == 0 || value >> shift != 0) text += kDigits[value >> shift & 0xf];
  }
  return text;
}

class Writer {
 public:
  Writer(const BitDiagrams& diagrams, const Shape& shape, std::size_t limit, RegionWords& result)
      : diagrams_(diagrams), shape_(shape), limit_(limit), result_(result) {}

  void Write(Node node, int level, const std::string& text) {
    if (node == BitDiagrams::kEmpty || !result_.complete) return;
    if (level == BitDiagrams::kBits) {
      result_.complete = result_.words.size() < limit_;
      if (result_.complete) result_.words.push_back(text);
      return;
    }
    const std::string front =
        level == shape_.first_level ? text : text + std::string(1, shape_.separator);
    for (const auto& [values, child] : Parts(node, level)) {
      Write(child, level + shape_.bits, front + values);
    }
  }

 private:
  using Runs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

  void Collect(Node node, int level, int end, std::uint32_t value,
               std::vector<std::pair<Node, Runs>>& parts) {
    result_.complete = result_.complete && ++looked_at_ <= kMaxLooks;
    if (!result_.complete) return;
    if (diagrams_.LevelOf(node) < end) {
      const bool splits = diagrams_.LevelOf(node) == level;
      Collect(splits ? diagrams_.Child(node, false) : node, level + 1, end, value << 1, parts);
      Collect(splits ? diagrams_.Child(node, true) : node, level + 1, end, value << 1 | 1, parts);
      return;
    }
    const std::uint32_t first = value << (end - level);
    const std::uint32_t last = first + (1u << (end - level)) - 1;
    auto part = std::find_if(parts.begin(), parts.end(),
                             [node](const auto& known) { return known.first == node; });
    if (part == parts.end()) part = parts.insert(part, {node, {}});
    result_.complete = parts.size() <= kMaxParts && part->second.size() <= kMaxParts;
    if (!part->second.empty() && part->second.back().second + 1 == first) {
      part->second.back().second = last;
    } else {
      part->second.emplace_back(first, last);
    }
  }

  // The values of one part of the address, as they are written, by what comes behind them.
  std::vector<std::pair<std::string, Node>> Parts(Node node, int level) {
    std::vector<std::pair<Node, Runs>> parts;
    Collect(node, level, level + shape_.bits, 0, parts);
    std::vector<std::pair<std::string, Node>> written;
    for (const auto& [child, runs] : parts) {
      if (child == BitDiagrams::kEmpty) continue;
      std::string text;
      for (const auto& [first, last] : runs) {
        if (!text.empty()) text += ',';
        if (first == 0 && last == (1u << shape_.bits) - 1) {
          text += '*';
          continue;
        }
        text += Number(first, shape_);
        if (last != first) text += '-' + Number(last, shape_);
      }
      written.emplace_back(std::move(text), child);
    }
    return written;
  }

  const BitDiagrams& diagrams_;
  const Shape& shape_;
  std::size_t limit_;
  RegionWords& result_;
  std::size_t looked_at_ = 0;
};

void WriteFamily(Regions& regions, Node node, const Shape& shape, std::size_t limit,
                 RegionWords& result) {
  BitDiagrams& diagrams = regions.diagrams();
  if (const auto ranges = diagrams.ToRanges(node, kFewBlocks)) {
    for (std::string& word : ranges->ToWords()) result.words.push_back(std::move(word));
    return;
  }
  Writer writer(diagrams, shape, limit, result);
  if (shape.first_level == 0) return writer.Write(node, 0, {});
  for (int level = 0; level < shape.first_level; ++level) {
    if (diagrams.LevelOf(node) == level) node = diagrams.Child(node, kIpv4Range.first.Bit(level));
  }
  writer.Write(node, shape.first_level, {});
}

}  // namespace

RegionWords WordsOf(Regions& regions, const Region& region, std::size_t limit) {
  RegionWords result;
  if (!region.scattered) {
    result.words = region.ranges.ToWords();
    result.complete = result.words.size() <= limit;
    if (!result.complete) result.words.resize(limit);
    return result;
  }
  BitDiagrams& diagrams = regions.diagrams();
  const Node v4 = diagrams.FromSet(AddressSet::Ipv4());
  WriteFamily(regions, diagrams.Intersect(*region.scattered, v4), kIpv4Shape, limit, result);
  WriteFamily(regions, diagrams.Minus(*region.scattered, v4), kIpv6Shape, limit, result);
  return result;
}

}  // namespace postern::policy::analysis
