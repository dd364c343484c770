// SPDX-License-Identifier: BSD-2-Clause
// THE table of findings: one row is one kind of finding that `postern check` knows.
//
// Its text, its JSON, its SARIF rules and the manual page are made from these rows. Whoever adds a
// code to a parser or a check adds a row here; .ci/check-docs compares the codes in the sources,
// the rows and the manual.
#pragma once

#include <span>
#include <string_view>

#include "policy/base/diagnostic.h"

namespace postern::policy::check {

struct FindingKind {
  std::string_view id;  // the code of its diagnostics; stable, scripts match on it
  Severity severity;    // as a rule; one of a disabled service weighs less
  std::string_view title;
  std::string_view explanation;
};

// In the order of the manual: access files, the policy as a whole, xinetd.conf, inetd.conf.
std::span<const FindingKind> HostsFindingKinds();
std::span<const FindingKind> ServiceFindingKinds();
std::span<const FindingKind> InetdFindingKinds();

// Null when there is no such kind.
const FindingKind* FindKind(std::string_view id);

}  // namespace postern::policy::check
