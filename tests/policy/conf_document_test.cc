// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/conf_document.h"

#include <catch2/catch.hpp>

namespace postern::policy {

TEST_CASE("a word of an assignment has the place of its line and its own column") {
  const Assignment assignment{
      {"port", 2}, Operator::kSet, {{"80", 9}}, {{"f", 3, 2}, " port = 80"}};
  const Place place = assignment.At(assignment.values[0]);
  CHECK(place.where == SourceLocation{"f", 3, 9});
  CHECK(place.source_line == " port = 80");
  const Diagnostic diagnostic = MakeDiagnostic(Severity::kWarning, "c", place, "m", "x");
  CHECK(diagnostic.where == place.where);
  CHECK(diagnostic.source_line == " port = 80");
}

TEST_CASE("operators print as they are written") {
  CHECK(OperatorText(Operator::kSet) == "=");
  CHECK(OperatorText(Operator::kAdd) == "+=");
  CHECK(OperatorText(Operator::kRemove) == "-=");
}

}  // namespace postern::policy
