// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/finding_table.h"

namespace postern::policy::check {

const FindingKind* FindKind(std::string_view id) {
  for (const auto rows : {HostsFindingKinds(), ServiceFindingKinds(), InetdFindingKinds()}) {
    for (const FindingKind& kind : rows) {
      if (kind.id == id) return &kind;
    }
  }
  return nullptr;
}

}  // namespace postern::policy::check
