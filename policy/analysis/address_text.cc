// SPDX-License-Identifier: BSD-2-Clause
// Walking dotted quads octet by octet and IPv6 texts digit by digit.
//
// IPv6: which groups are zero decides where "::" stands, so each of the 256 patterns of zero groups
// is walked on its own.
#include "policy/analysis/address_text.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>

#include "policy/analysis/glob_automaton.h"

namespace postern::policy::analysis {
namespace {

using Node = BitDiagrams::Node;
using State = GlobAutomaton::State;

constexpr int kMappedBits = 96;
constexpr int kGroups = 8;
constexpr std::size_t kStepsOfOctet = 4096, kStepsOfDigit = 256, kStepsOfPosition = 16;

bool OnlyOf(std::string_view glob, std::string_view characters) {
  return std::all_of(glob.begin(), glob.end(),
                     [&](char c) { return c == '*' || c == '?' || characters.contains(c); });
}

// What both walks share: the diagrams pay for what the automaton looks at.
class TextWalk {
 protected:
  TextWalk(BitDiagrams& diagrams, GlobAutomaton& glob) : diagrams_(diagrams), glob_(glob) {}

  State Step(State state, char c) {
    const std::size_t before = glob_.spent();
    state = glob_.Step(state, c);
    diagrams_.Spend(kStepsOfPosition * (glob_.spent() - before));
    return state;
  }

  BitDiagrams& diagrams_;
  GlobAutomaton& glob_;
};

class Ipv4Walk : TextWalk {
 public:
  Ipv4Walk(BitDiagrams& diagrams, GlobAutomaton& glob) : TextWalk(diagrams, glob) {}

  Node Run() {
    Node node = Octet(0, glob_.start());
    for (int level = kMappedBits - 1; level >= 0; --level) {
      const bool one = kIpv4Range.first.Bit(level);
      node = diagrams_.Branch(level, one ? BitDiagrams::kEmpty : node,
                              one ? node : BitDiagrams::kEmpty);
    }
    return node;
  }

 private:
  Node Octet(int octet, State state) {
    if (glob_.Dead(state)) return BitDiagrams::kEmpty;
    const auto known = memo_.find({octet, state});
    if (known != memo_.end()) return known->second;
    diagrams_.Spend(kStepsOfOctet);
    if (diagrams_.exhausted()) return BitDiagrams::kEmpty;
    const Node node = Bits(octet, 0, 0, state);
    memo_.emplace(std::pair(octet, state), node);
    return node;
  }

  Node Bits(int octet, int bit, unsigned value, State state) {
    if (bit == 8) return Behind(octet, value, state);
    const Node zero = Bits(octet, bit + 1, value << 1, state);
    const Node one = Bits(octet, bit + 1, value << 1 | 1, state);
    return diagrams_.Branch(kMappedBits + 8 * octet + bit, zero, one);
  }

  Node Behind(int octet, unsigned value, State state) {
    for (const char c : std::to_string(value)) state = Step(state, c);
    if (octet < 3) return Octet(octet + 1, Step(state, '.'));
    return glob_.Accepted(state).empty() ? BitDiagrams::kEmpty : BitDiagrams::kAll;
  }

  std::map<std::pair<int, State>, Node> memo_;
};

class Ipv6Walk : TextWalk {
 public:
  // Bit g of `zeros`: group g is zero; every other is not.
  Ipv6Walk(BitDiagrams& diagrams, GlobAutomaton& glob, unsigned zeros)
      : TextWalk(diagrams, glob), zeros_(zeros) {
    // RFC 5952 4.2: the longest run, the first of equals, never a single group.
    for (int start = 0; start < kGroups; ++start) {
      int length = 0;
      while (start + length < kGroups && Zero(start + length)) ++length;
      if (length >= 2 && length > run_length_) {
        run_start_ = start;
        run_length_ = length;
      }
    }
  }

  Node Run() { return Group(0, glob_.start()); }

 private:
  bool Zero(int group) const { return (zeros_ >> group & 1) != 0; }

  Node Group(int group, State state) {
    if (group == run_start_) {
      state = Step(Step(state, ':'), ':');
      return ZeroBits(group, run_length_, Tail(group + run_length_, state));
    }
    if (group > 0 && group != run_start_ + run_length_) state = Step(state, ':');
    if (glob_.Dead(state)) return BitDiagrams::kEmpty;
    if (Zero(group)) return ZeroBits(group, 1, Tail(group + 1, Step(state, '0')));
    return Digit(group, 0, false, state);
  }

  Node Tail(int group, State state) {
    if (group < kGroups) return Group(group, state);
    return glob_.Accepted(state).empty() ? BitDiagrams::kEmpty : BitDiagrams::kAll;
  }

  Node ZeroBits(int group, int count, Node node) {
    for (int level = 16 * (group + count) - 1; level >= 16 * group; --level) {
      node = diagrams_.Branch(level, node, BitDiagrams::kEmpty);
    }
    return node;
  }

  // `started`: a digit of the group has been printed.
  Node Digit(int group, int digit, bool started, State state) {
    if (digit == 4) return started ? Tail(group + 1, state) : BitDiagrams::kEmpty;
    if (glob_.Dead(state)) return BitDiagrams::kEmpty;
    const std::tuple key{group, digit, started, state};
    const auto known = memo_.find(key);
    if (known != memo_.end()) return known->second;
    diagrams_.Spend(kStepsOfDigit);
    if (diagrams_.exhausted()) return BitDiagrams::kEmpty;
    std::array<Node, 16> nodes{};
    for (std::size_t value = 0; value < nodes.size(); ++value) {
      const bool printed = started || value != 0;
      const State next = printed ? Step(state, "0123456789abcdef"[value]) : state;
      nodes[value] = Digit(group, digit + 1, printed, next);
    }
    for (int bit = 3; bit >= 0; --bit) {
      for (std::size_t i = 0; i < std::size_t{1} << bit; ++i) {
        nodes[i] = diagrams_.Branch(16 * group + 4 * digit + bit, nodes[2 * i], nodes[2 * i + 1]);
      }
    }
    memo_.emplace(key, nodes[0]);
    return nodes[0];
  }

  unsigned zeros_;
  int run_start_ = -kGroups, run_length_ = 0;
  std::map<std::tuple<int, int, bool, State>, Node> memo_;
};

Node Ipv6WithText(BitDiagrams& diagrams, GlobAutomaton& glob) {
  Node all = BitDiagrams::kEmpty;
  for (unsigned zeros = 0; zeros < 1u << kGroups && !diagrams.exhausted(); ++zeros) {
    all = diagrams.Union(all, Ipv6Walk(diagrams, glob, zeros).Run());
  }
  return diagrams.Minus(all, diagrams.FromSet(AddressSet::Ipv4()));
}

GlobAutomaton AutomatonOf(BitDiagrams& diagrams, std::string_view glob) {
  GlobAutomaton automaton({std::string(glob)}, GlobAutomaton::Direction::kForward);
  diagrams.Spend(kStepsOfPosition * automaton.spent());
  return automaton;
}

Node Ipv4WithText(BitDiagrams& diagrams, GlobAutomaton& automaton, std::string_view glob) {
  if (!OnlyOf(glob, "0123456789.")) return BitDiagrams::kEmpty;
  const Node node = Ipv4Walk(diagrams, automaton).Run();
  if (automaton.exhausted()) diagrams.Exhaust();
  return node;
}

}  // namespace

BitDiagrams::Node Ipv4AddressesWithText(BitDiagrams& diagrams, std::string_view glob) {
  GlobAutomaton automaton = AutomatonOf(diagrams, glob);
  return Ipv4WithText(diagrams, automaton, glob);
}

BitDiagrams::Node AddressesWithText(BitDiagrams& diagrams, std::string_view glob) {
  if (glob.find_first_not_of('*') == std::string_view::npos && !glob.empty()) {
    return BitDiagrams::kAll;  // no text is empty
  }
  GlobAutomaton automaton = AutomatonOf(diagrams, glob);
  Node node = Ipv4WithText(diagrams, automaton, glob);
  if (OnlyOf(glob, "0123456789abcdef:")) {
    node = diagrams.Union(node, Ipv6WithText(diagrams, automaton));
  }
  if (automaton.exhausted()) diagrams.Exhaust();
  return node;
}

}  // namespace postern::policy::analysis
