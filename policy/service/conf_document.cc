// SPDX-License-Identifier: BSD-2-Clause
// The little the document model does itself; see conf_document.h.
#include "policy/service/conf_document.h"

#include <utility>

namespace postern::policy {

std::string_view OperatorText(Operator op) {
  switch (op) {
    case Operator::kSet:
      return "=";
    case Operator::kAdd:
      return "+=";
    case Operator::kRemove:
      return "-=";
  }
  return "=";
}

Diagnostic MakeDiagnostic(Severity severity, std::string code, const Place& place,
                          std::string message, std::string fix) {
  return {severity,           std::move(code), place.where,
          std::move(message), std::move(fix),  place.source_line};
}

}  // namespace postern::policy
