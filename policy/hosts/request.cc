// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/request.h"

namespace postern::policy::hosts {

Fact Fact::Known(std::string_view text) {
  Fact fact;
  fact.asked_ = true;
  fact.text_ = text.empty() ? kUnknown : text.substr(0, kMaxValue);
  return fact;
}

}  // namespace postern::policy::hosts
