// SPDX-License-Identifier: BSD-2-Clause
// The first rule of a table that matches, without trying every rule.
//
// Rules are grouped by their daemon list. A list of plain names is found by hash, any other is
// asked once a decision. Within a group the clients are indexed (ClientIndex). Rules that cannot
// be, and those of small groups, are tried in turn, and so are rules with a user or an EXCEPT from
// the first one on that the index names; all of them only in front of the best found so far. So a
// decision costs as much as there are daemon patterns and such rules, not as there are rules.
//
// Same result as trying every rule in turn; a fact may be found unnecessary that the turn would
// have asked for, never the other way round.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/hosts/client_index.h"
#include "policy/hosts/pattern_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::hosts {

class TableIndex {
 public:
  explicit TableIndex(const Table& table);  // must outlive the index

  struct Found {
    std::size_t rule = 0;
    Answer answer = Answer::kNo;  // not kNo; kNeed: matcher.need() says what
  };
  std::optional<Found> Find(Matcher& matcher) const;

 private:
  struct Group {
    const List<DaemonToken>* daemons = nullptr;
    std::unique_ptr<ClientIndex> decided;       // null: none is
    std::unique_ptr<ClientIndex> guard;         // of the guarded rules; null: there are none
    std::vector<std::uint32_t> guarded, tried;  // ascending
  };
  struct Best {
    std::uint32_t rule = kUnmatched;
    Answer answer = Answer::kNo;
  };

  void MakeGroups();
  void FileGroup(std::uint32_t group);
  void IndexClients(Group& group);
  bool Concerns(const Group& group, const Matcher& matcher) const;
  std::optional<Found> FindOneByOne(Matcher& matcher) const;
  void Search(const Group& group, Matcher& matcher, Best& best) const;
  void Try(std::span<const std::uint32_t> rules, Matcher& matcher, Best& best) const;
  std::unique_ptr<ClientIndex> IndexOf(const std::vector<std::uint32_t>& rules) const;

  const Table& table_;
  std::vector<Group> groups_;
  TextMap<std::vector<std::uint32_t>> by_name_;  // daemon name -> groups that list it
  std::vector<std::uint32_t> always_;            // groups with ALL
  std::vector<std::uint32_t> asked_;             // groups whose list must be evaluated
  std::vector<std::uint32_t> whole_;  // rules whose daemon list may need a fact: daemon@host
};

}  // namespace postern::policy::hosts
