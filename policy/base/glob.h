// SPDX-License-Identifier: BSD-2-Clause
// Shell-like patterns: '*' stands for any bytes, '?' for one, everything else for itself.
#pragma once

#include <string_view>

namespace postern::policy {

// Byte by byte: who does not mind case folds both before. The time is bounded by the product of the
// lengths.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace postern::policy
