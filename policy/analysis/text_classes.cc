// SPDX-License-Identifier: BSD-2-Clause
// A tree of the reversed exact texts and domains, walked side by side with the automaton of the
// globs; breadth first, so that the shortest text stands for its class.
#include "policy/analysis/text_classes.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "policy/analysis/glob_automaton.h"
#include "policy/base/text.h"
#include "policy/hosts/request.h"

namespace postern::policy::analysis {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;
constexpr std::size_t kMaxStates = 1u << 20;
constexpr std::size_t kMaxNamed = 1u << 22;
// What a text is made of where no pattern minds: the first of these that none of them tells.
constexpr std::string_view kPlain = "xyzwvutsrqponmlkjihgfedcba0123456789-_~^!$%&()+;<=>{|}";

struct TreeNode {
  std::uint32_t first = kNone, next = kNone;  // child, sibling
  std::uint32_t exact = kNone, suffix = kNone;
  char c = 0;
};

class Tree {
 public:
  Tree() : nodes_(1) {}

  std::uint32_t Child(std::uint32_t node, char c) const {
    std::uint32_t child = nodes_[node].first;
    while (child != kNone && nodes_[child].c != c) child = nodes_[child].next;
    return child;
  }

  TreeNode& Insert(std::string_view text) {
    std::uint32_t node = 0;
    for (auto c = text.rbegin(); c != text.rend(); ++c) {
      std::uint32_t child = Child(node, *c);
      if (child == kNone) {
        child = static_cast<std::uint32_t>(nodes_.size());
        nodes_.push_back({.next = nodes_[node].first, .c = *c});
        nodes_[node].first = child;
      }
      node = child;
    }
    return nodes_[node];
  }

  const TreeNode& operator[](std::uint32_t node) const { return nodes_[node]; }

 private:
  std::vector<TreeNode> nodes_;
};

}  // namespace

class TextClassWalk {
 public:
  explicit TextClassWalk(const TextPatterns& patterns)
      : patterns_(patterns), globs_(patterns.globs_, GlobAutomaton::Direction::kBackward) {
    for (std::uint32_t i = 0; i < patterns.exact_.size(); ++i) {
      tree_.Insert(patterns.exact_[i]).exact = i;
    }
    for (std::uint32_t i = 0; i < patterns.suffixes_.size(); ++i) {
      tree_.Insert(patterns.suffixes_[i]).suffix = i;
    }
  }

  std::optional<std::vector<TextClass>> Run(std::size_t limit) {
    visited_.push_back({State{.tree = 0, .globs = globs_.start()}, kNone, 0, 0});
    for (std::uint32_t at = 0; at < visited_.size(); ++at) {
      if (at > 0) Accept(at);
      if (found_.size() > limit || visited_.size() > kMaxStates || globs_.exhausted() ||
          named_ > kMaxNamed) {
        return std::nullopt;
      }
      if (visited_[at].length == hosts::kMaxValue) continue;
      std::string telling = Telling(visited_[at].state);
      for (const char c : telling) Visit(at, c);
      const std::size_t other = kPlain.find_first_not_of(telling);
      if (other != std::string_view::npos) Visit(at, kPlain[other]);
    }
    return Sorted();
  }

 private:
  struct State {
    std::uint32_t tree = kNone;    // kNone: the text has left the tree
    std::uint32_t domain = kNone;  // the longest suffix that is behind the text read so far
    std::uint32_t globs = 0;
    bool dot = false;
    auto operator<=>(const State&) const = default;
  };
  struct StateHash {
    std::size_t operator()(const State& s) const {
      std::uint64_t mixed = std::uint64_t{s.tree} << 32 | s.domain;
      mixed = (mixed ^ (std::uint64_t{s.globs} << 1 | (s.dot ? 1 : 0)) * 0xff51afd7ed558ccd);
      mixed *= 0x9e3779b97f4a7c15;
      return static_cast<std::size_t>(mixed ^ mixed >> 31);
    }
  };
  struct Visited {
    State state;
    std::uint32_t from;  // index into visited_
    std::uint32_t length;
    char c;
  };
  // What all texts of a class have in common.
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::vector<std::uint32_t>, bool>;

  State Next(const State& state, char c) {
    State next = state;
    if (state.tree != kNone) {
      if (tree_[state.tree].suffix != kNone) next.domain = tree_[state.tree].suffix;
      next.tree = tree_.Child(state.tree, c);
    }
    next.globs = globs_.Step(state.globs, c);
    next.dot = state.dot || (patterns_.tell_dots_ && c == '.');
    return next;
  }

  std::string Telling(const State& state) const {
    std::string telling = globs_.Telling(state.globs);
    if (state.tree != kNone) {
      for (std::uint32_t child = tree_[state.tree].first; child != kNone;
           child = tree_[child].next) {
        telling += tree_[child].c;
      }
    }
    if (patterns_.tell_dots_ && !state.dot) telling += '.';
    std::sort(telling.begin(), telling.end());
    telling.erase(std::unique(telling.begin(), telling.end()), telling.end());
    return telling;
  }

  void Visit(std::uint32_t from, char c) {
    const State next = Next(visited_[from].state, c);
    if (!known_.emplace(next, true).second) return;
    visited_.push_back({next, from, visited_[from].length + 1, c});
  }

  Key KeyOf(const State& state) const {
    const std::uint32_t exact = state.tree == kNone ? kNone : tree_[state.tree].exact;
    return {exact, state.domain, globs_.Accepted(state.globs), state.dot};
  }

  void Accept(std::uint32_t at) {
    Key key = KeyOf(visited_[at].state);
    if (found_.contains(key)) return;
    std::string text;
    for (std::uint32_t i = at; visited_[i].length > 0; i = visited_[i].from) text += visited_[i].c;
    std::string better = Presentable(text, key);
    named_ += std::get<2>(key).size();
    found_.emplace(std::move(key), std::move(better));
  }

  // Without an empty label at either end, if such a text is in the class.
  std::string Presentable(const std::string& text, const Key& key) {
    std::string better = text;
    if (better.front() == '.') better.insert(0, 1, kPlain[0]);
    if (better.back() == '.') better += kPlain[0];
    if (better == text || better.size() > hosts::kMaxValue) return text;
    State state{.tree = 0, .globs = globs_.start()};
    for (auto c = better.rbegin(); c != better.rend(); ++c) state = Next(state, *c);
    return KeyOf(state) == key ? better : text;
  }

  TextClass Describe(const Key& key, const std::string& text) const {
    const auto& [exact, domain, globs, dot] = key;
    TextClass result{.representative = text, .exact = exact != kNone, .patterns = {}};
    if (domain != kNone) result.patterns.push_back(patterns_.suffixes_[domain]);
    for (const std::uint32_t glob : globs) result.patterns.push_back(patterns_.glob_texts_[glob]);
    if (patterns_.tell_dots_ && !dot) result.patterns.emplace_back("LOCAL");
    return result;
  }

  std::vector<TextClass> Sorted() const {
    std::vector<TextClass> classes;
    for (const auto& [key, text] : found_) classes.push_back(Describe(key, text));
    std::sort(classes.begin(), classes.end(), [](const TextClass& a, const TextClass& b) {
      return std::tie(a.exact, a.patterns, a.representative) <
             std::tie(b.exact, b.patterns, b.representative);
    });
    return classes;
  }

  const TextPatterns& patterns_;
  GlobAutomaton globs_;
  Tree tree_;
  std::vector<Visited> visited_;
  std::unordered_map<State, bool, StateHash> known_;
  std::map<Key, std::string> found_;
  std::size_t named_ = 0;  // globs in all keys together
};

void TextPatterns::Add(const hosts::TextPattern& pattern) {
  switch (pattern.kind) {
    case hosts::TextPattern::Kind::kGlob:
      return AddGlob(pattern.folded, pattern.text);
    case hosts::TextPattern::Kind::kPrefix:
      return AddGlob(pattern.folded + '*', pattern.text);
    case hosts::TextPattern::Kind::kSuffix:
      return AddDomain(pattern.folded);
    case hosts::TextPattern::Kind::kExact:
      return AddExact(pattern.folded);
    case hosts::TextPattern::Kind::kKnown:
      return AddExact(hosts::kUnknown);
    case hosts::TextPattern::Kind::kAll:
    case hosts::TextPattern::Kind::kIpv6:
      return;
  }
}

void TextPatterns::AddGlob(const std::string& glob, const std::string& text) {
  if (std::find(globs_.begin(), globs_.end(), glob) != globs_.end()) return;
  globs_.push_back(glob);
  glob_texts_.push_back(text);
}

void TextPatterns::AddExact(std::string_view text) {
  if (!text.empty() && text.size() <= hosts::kMaxValue) exact_.push_back(ToLower(text));
}

void TextPatterns::AddDomain(std::string_view suffix) { suffixes_.push_back(ToLower(suffix)); }

std::optional<std::vector<TextClass>> TextPatterns::Classes(std::size_t limit) const {
  return TextClassWalk(*this).Run(limit);
}

}  // namespace postern::policy::analysis
