// SPDX-License-Identifier: BSD-2-Clause
// The first rule of a table that matches, without trying every rule.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/hosts/pattern_match.h"
#include "policy/hosts/table.h"

namespace postern::policy::hosts {

class TableIndex {
 public:
  explicit TableIndex(const Table& table) : table_(table) {}

  struct Found {
    std::size_t rule = 0;
    Answer answer = Answer::kNo;  // kYes, kNeed (matcher.need() says what) or kUnusable
  };
  std::optional<Found> Find(Matcher& matcher) const;

 private:
  const Table& table_;
};

}  // namespace postern::policy::hosts
