// SPDX-License-Identifier: BSD-2-Clause
// The table of findings: complete sentences, and no id twice. That it has a row for every code in
// the sources is checked by .ci/check-docs.
#include "policy/check/finding_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace postern::policy::check {

TEST_CASE("every kind of finding is named once and explained") {
  std::set<std::string_view> ids;
  for (const auto rows : {HostsFindingKinds(), ServiceFindingKinds(), InetdFindingKinds()}) {
    for (const FindingKind& kind : rows) {
      INFO(kind.id);
      CHECK(ids.insert(kind.id).second);
      CHECK(kind.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == kind.id.npos);
      CHECK_FALSE(kind.title.empty());
      CHECK_FALSE(kind.title.ends_with('.'));
      CHECK(kind.explanation.ends_with('.'));
      CHECK(FindKind(kind.id) == &kind);
    }
  }
  CHECK(FindKind("no-such-kind") == nullptr);
  CHECK(FindKind("") == nullptr);
}

}  // namespace postern::policy::check
