// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/told_once.h"

#include <functional>

namespace postern::wrapper {

bool ToldOnce::First(std::string_view text) {
  const std::size_t mark = std::hash<std::string_view>{}(text) | 1U;
  for (std::atomic<std::size_t>& slot : told_) {
    std::size_t seen = 0;
    if (slot.compare_exchange_strong(seen, mark)) return true;
    if (seen == mark) return false;
  }
  return false;
}

}  // namespace postern::wrapper
