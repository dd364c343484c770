// SPDX-License-Identifier: BSD-2-Clause
// Decimal numbers inside addresses: no leading zero, because inet_aton(3) reads "010" as eight.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/base/text.h"

namespace postern::policy {

// nullopt unless `text` is the one usual spelling of a number of at most `max`.
inline std::optional<std::uint32_t> ParseCanonicalDecimal(std::string_view text,
                                                          std::uint32_t max) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const std::optional<std::uint64_t> value = ParseUnsigned(text, max);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

inline std::optional<std::uint32_t> ParseOctet(std::string_view text) {
  return ParseCanonicalDecimal(text, 255);
}

}  // namespace postern::policy
