// SPDX-License-Identifier: BSD-2-Clause
// What rules do beside their verdicts: the options that act when a rule decides, as small numbers
// that are equal when the options are.
//
// Options are compared as they are parsed, in their order: "umask 027" is "umask 27". Those in
// front of an error act and count; where a rule refuses for a file that cannot be used, none does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/hosts/evaluate.h"

namespace postern::policy::analysis {

class Consequences {
 public:
  using Number = std::uint32_t;
  static constexpr Number kNone = 0;

  Consequences();

  // The rules must outlive this.
  Number Of(const hosts::Verdict& verdict);
  // Of a client that one rule lets pass on to the next file's question: both act.
  Number Both(Number first, Number second);

  // As the language writes them: "severity local5.info : umask 27". Empty: none.
  const std::string& Text(Number number) const { return deeds_[number].text; }
  // The client gets a command in the place of the service: nobody is asked after that.
  bool Replaces(Number number) const { return deeds_[number].twist; }

  // Whether a client whom both admit certainly may more afterwards: it gets the service where it
  // got a command, as root or the caller where it was somebody else, files with permissions that
  // umask took, or is in without a command (aclexec) that had to consent. Of two commands or two
  // users that are not root nobody can say which is more.
  bool Widens(Number before, Number after) const;

 private:
  struct Deeds {
    std::string text;
    bool twist = false;
    std::string user, group;              // the last that was set
    std::uint32_t umask = 0;              // 0: left as it is, which is not known
    std::vector<std::string> conditions;  // commands of aclexec, sorted
    void Add(const hosts::OptionAction& action);
    void Add(const std::string& more);
  };
  Number Intern(Deeds deeds);

  std::vector<Deeds> deeds_;
  std::map<std::string, Number> numbers_;  // by text
  std::unordered_map<const hosts::Rule*, Number> rules_;
};

}  // namespace postern::policy::analysis
