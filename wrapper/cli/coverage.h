// SPDX-License-Identifier: BSD-2-Clause
// Which rules a set of questions has reached: those that decided, or let the client pass on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "wrapper/cli/decide.h"

namespace postern::cli {

class Coverage {
 public:
  // Every rule of hosts.allow and hosts.deny, every word of only_from and no_access, and every
  // service's access_times.
  explicit Coverage(const wrapper::PolicyFiles& files);

  void Reach(const policy::SourceLocation& where);
  // What `question` reaches.
  void Reach(const Decider& decider, const Question& question);
  // The same, of the service's own rules alone.
  void ReachService(const policy::ServiceSpec& spec, const Question& question);

  struct Rule {
    policy::SourceLocation where;
    std::string text;
    bool reached = false;
  };
  std::vector<Rule> rules() const;  // in the order of file, line and column

  struct Total {
    std::string file;  // empty: all of them
    std::size_t reached = 0, rules = 0;
    double percent() const;
  };
  std::vector<Total> totals() const;  // each file, then all

 private:
  using Key = std::tuple<std::string, std::uint32_t, std::uint32_t>;
  static Key KeyOf(const policy::SourceLocation& where) {
    return {where.file, where.line, where.column};
  }
  void Add(const policy::SourceLocation& where, std::string text);
  void AddList(const char* attribute, const std::shared_ptr<const policy::AccessList>& list);

  std::map<Key, Rule> rules_;
};

}  // namespace postern::cli
