// SPDX-License-Identifier: BSD-2-Clause
// The words log readers parse.
#include "policy/decision/verdict.h"

#include <catch2/catch.hpp>
#include <set>

namespace postern::policy {
namespace {

TEST_CASE("refusals are logged with the words of xinetd.log(5)") {
  CHECK(ReasonText(DenyReason::kConnectionsPerSecond) == "connections per second");
  CHECK(ReasonText(DenyReason::kLoad) == "load");
  CHECK(ReasonText(DenyReason::kTime) == "time");
  CHECK(ReasonText(DenyReason::kServiceLimit) == "service_limit");
  CHECK(ReasonText(DenyReason::kPerSourceLimit) == "per_source_limit");
  CHECK(ReasonText(DenyReason::kProcessLimit) == "process_limit");
  CHECK(ReasonText(DenyReason::kAddress) == "address");
  CHECK(ReasonText(DenyReason::kLibwrap) == "libwrap");
  CHECK(ReasonText(DenyReason::kFork) == "fork");
  CHECK(ReasonText(DenyReason::kProxy) == "proxy");
}

TEST_CASE("no two reasons and no two pieces of evidence share their words") {
  std::set<std::string_view> reasons, evidence;
  for (int i = 0; i <= static_cast<int>(DenyReason::kProxy); ++i) {
    CHECK(reasons.insert(ReasonText(static_cast<DenyReason>(i))).second);
  }
  for (int i = 0; i <= static_cast<int>(AddressEvidence::kNeedsName); ++i) {
    CHECK(evidence.insert(EvidenceText(static_cast<AddressEvidence>(i))).second);
  }
  CHECK_FALSE(reasons.contains("unknown"));
  CHECK_FALSE(evidence.contains("unknown"));
}

}  // namespace
}  // namespace postern::policy
