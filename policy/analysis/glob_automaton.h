// SPDX-License-Identifier: BSD-2-Clause
// Globs as one deterministic automaton, made state by state as it is asked for.
//
// Several globs run side by side, so that a state knows which of them a text matches. '?' is one
// character and '*' any run of them, as in TextPattern::folded. An automaton that has become too
// large matches nothing from then on and says so in exhausted(): whoever asks must look, and
// refuse.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::policy::analysis {

class GlobAutomaton {
 public:
  using State = std::uint32_t;
  enum class Direction : std::uint8_t { kForward, kBackward };  // how a text will be read

  GlobAutomaton(const std::vector<std::string>& globs, Direction direction);

  State start() const { return start_; }
  State Step(State state, char c);
  // No text that goes on from here matches any of them.
  bool Dead(State state) const { return states_[state].positions.empty(); }
  // Those that match the text that led here, by their place in `globs`, ascending.
  const std::vector<std::uint32_t>& Accepted(State state) const { return states_[state].accepted; }
  // The characters that lead elsewhere than all others do.
  std::string Telling(State state) const;
  bool exhausted() const { return exhausted_; }
  std::size_t spent() const { return spent_; }  // positions looked at

 private:
  // Which glob, and how much of it has been matched.
  using Position = std::pair<std::uint32_t, std::uint32_t>;
  struct Known {
    std::vector<Position> positions;
    std::vector<std::uint32_t> accepted;
  };

  State Intern(std::vector<Position> positions);
  bool Spend(std::size_t positions);

  std::vector<std::string> globs_;
  std::vector<Known> states_;
  std::map<std::vector<Position>, State> index_;
  std::map<std::pair<State, char>, State> steps_;
  State start_ = 0;
  std::size_t spent_ = 0;
  bool exhausted_ = false;
};

}  // namespace postern::policy::analysis
