// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/scan_number.h"

#include <algorithm>
#include <limits>

namespace postern::policy::hosts {
namespace {

struct Scanned {
  bool negative = false;
  std::uint64_t value = 0;  // the largest one when it does not fit
};

std::optional<Scanned> Scan(std::string_view text, unsigned base) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  Scanned scanned;
  if (text.starts_with('+') || text.starts_with('-')) {
    scanned.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c) - unsigned{'0'};
    if (digit >= base) return std::nullopt;
    scanned.value = scanned.value > (kMax - digit) / base ? kMax : scanned.value * base + digit;
  }
  return scanned;
}

}  // namespace

std::optional<int> ScanInt(std::string_view text) {
  const std::optional<Scanned> scanned = Scan(text, 10);
  if (!scanned) return std::nullopt;
  // strtol(3) stops at the ends of a long; the lower half of that becomes the int.
  constexpr std::uint64_t kLongMax = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t limit = scanned->negative ? kLongMax + 1 : kLongMax;
  const std::uint64_t magnitude = scanned->value < limit ? scanned->value : limit;
  const std::uint64_t bits = scanned->negative ? 0 - magnitude : magnitude;
  return static_cast<int>(static_cast<std::uint32_t>(bits));
}

std::optional<std::uint32_t> ScanOctal(std::string_view text) {
  const std::optional<Scanned> scanned = Scan(text, 8);
  if (!scanned) return std::nullopt;
  // strtoul(3): an overflow is the largest value whatever the sign, else a minus sign negates.
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const bool negate = scanned->negative && scanned->value != kMax;
  return static_cast<std::uint32_t>(negate ? 0 - scanned->value : scanned->value);
}

}  // namespace postern::policy::hosts
