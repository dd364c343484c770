// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/request.h"

namespace postern::policy::hosts {

Fact Fact::Known(std::string_view text) { return Given(text.empty() ? kUnknown : text); }

Fact Fact::Given(std::string_view text) {
  Fact fact;
  fact.asked_ = true;
  fact.text_ = text.substr(0, kMaxValue);
  return fact;
}

Fact Fact::Unavailable() {
  Fact fact;
  fact.unavailable_ = true;
  return fact;
}

}  // namespace postern::policy::hosts
