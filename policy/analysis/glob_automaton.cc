// SPDX-License-Identifier: BSD-2-Clause
// The subset construction over positions in globs.
#include "policy/analysis/glob_automaton.h"

#include <algorithm>

namespace postern::policy::analysis {
namespace {

// Some hundred megabytes, and a second.
constexpr std::size_t kMaxPositions = std::size_t{1} << 22;

}  // namespace

GlobAutomaton::GlobAutomaton(const std::vector<std::string>& globs, Direction direction) {
  std::vector<Position> positions;
  for (const std::string& glob : globs) {
    globs_.push_back(glob);
    if (direction == Direction::kBackward) std::reverse(globs_.back().begin(), globs_.back().end());
    positions.emplace_back(static_cast<std::uint32_t>(globs_.size() - 1), 0);
  }
  start_ = Intern(std::move(positions));
}

bool GlobAutomaton::Spend(std::size_t positions) {
  spent_ += positions + 1;
  exhausted_ |= spent_ > kMaxPositions;
  return !exhausted_;
}

GlobAutomaton::State GlobAutomaton::Intern(std::vector<Position> positions) {
  // A '*' may stand for nothing.
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto [glob, at] = positions[i];
    if (at < globs_[glob].size() && globs_[glob][at] == '*') positions.emplace_back(glob, at + 1);
  }
  if (!Spend(positions.size())) positions.clear();
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  const auto [known, added] = index_.emplace(positions, static_cast<State>(states_.size()));
  if (!added) return known->second;
  Known state;
  for (const auto& [glob, at] : positions) {
    if (at == globs_[glob].size()) state.accepted.push_back(glob);
  }
  state.positions = std::move(positions);
  states_.push_back(std::move(state));
  return known->second;
}

GlobAutomaton::State GlobAutomaton::Step(State state, char c) {
  const auto known = steps_.find({state, c});
  if (known != steps_.end()) return known->second;
  std::vector<Position> next;
  for (const auto& [glob, at] : states_[state].positions) {
    if (at == globs_[glob].size()) continue;
    const char expected = globs_[glob][at];
    if (expected == '*') {
      next.emplace_back(glob, at);
    } else if (expected == '?' || expected == c) {
      next.emplace_back(glob, at + 1);
    }
  }
  const State result = Intern(std::move(next));
  steps_.emplace(std::pair(state, c), result);
  return result;
}

std::string GlobAutomaton::Telling(State state) const {
  std::string telling;
  for (const auto& [glob, at] : states_[state].positions) {
    if (at == globs_[glob].size()) continue;
    const char c = globs_[glob][at];
    if (c != '*' && c != '?' && !telling.contains(c)) telling += c;
  }
  return telling;
}

}  // namespace postern::policy::analysis
