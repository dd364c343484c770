// SPDX-License-Identifier: BSD-2-Clause
// Reading, asking and printing access_times. Fuzzed by fuzz/access_times_fuzz.cc.
#include "policy/decision/access_times.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxRanges = 256;
constexpr std::uint16_t kLastMinute = 24 * 60 - 1;

Failure Fail(const SourceLocation& where, std::string message, std::string fix = {}) {
  Diagnostic diagnostic;
  diagnostic.code = "bad-access-times";
  diagnostic.where = where;
  diagnostic.message = std::move(message);
  diagnostic.fix = std::move(fix);
  return Failure(std::move(diagnostic));
}

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

// "H:MM" as minutes after midnight, 24:00 included.
std::optional<std::uint16_t> ParseMinute(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon > 2 || text.size() - colon > 3) return std::nullopt;
  const std::optional<std::uint64_t> hour = ParseUnsigned(text.substr(0, colon), 24);
  const std::optional<std::uint64_t> minute = ParseUnsigned(text.substr(colon + 1), 59);
  if (!hour || !minute || (*hour == 24 && *minute > 0)) return std::nullopt;
  return static_cast<std::uint16_t>(*hour * 60 + *minute);
}

Result<AccessTimes::Range> ParseRange(std::string_view word, const SourceLocation& where) {
  const std::size_t dash = word.find('-');
  std::optional<std::uint16_t> first, last;
  if (dash != std::string_view::npos) {
    first = ParseMinute(word.substr(0, dash));
    last = ParseMinute(word.substr(dash + 1));
  }
  if (!first || !last || *first > kLastMinute) {
    return Fail(where, Quote(word) +
                           " is not a range of times: H:MM-H:MM is expected, from 0:00 to"
                           " 23:59, and 24:00 as an end");
  }
  // Whether 8:00-8:00 means a minute or a day is anyone's guess, and xinetd refuses it as well.
  if (*first == *last) {
    return Fail(where, Quote(word) + " begins and ends at the same minute",
                "write 0:00-24:00 if the whole day is meant");
  }
  return AccessTimes::Range{{*first}, {std::min(*last, kLastMinute)}};
}

void AppendMinute(std::string& text, unsigned minute) {
  text += std::to_string(minute / 60);
  text += minute % 60 < 10 ? ":0" : ":";
  text += std::to_string(minute % 60);
}

}  // namespace

Result<AccessTimes> AccessTimes::Parse(const std::vector<std::string_view>& words,
                                       const SourceLocation& where) {
  if (words.empty()) return Fail(where, "expected at least one range H:MM-H:MM");
  if (words.size() > kMaxRanges) {
    return Fail(where, "more than the " + std::to_string(kMaxRanges) + " ranges allowed");
  }
  AccessTimes times;
  for (const std::string_view word : words) {
    const Result<Range> range = ParseRange(word, where);
    if (!range) return Failure(range.error());
    times.ranges_.push_back(*range);
  }
  return times;
}

bool AccessTimes::Contains(MinuteOfDay now) const {
  return std::ranges::any_of(ranges_, [now](const Range& range) {
    if (range.first <= range.last) return range.first <= now && now <= range.last;
    return now >= range.first || now <= range.last;  // crosses midnight
  });
}

std::string AccessTimes::ToString() const {
  std::string text;
  for (const Range& range : ranges_) {
    if (!text.empty()) text += ' ';
    AppendMinute(text, range.first.value);
    text += '-';
    // The last minute of the day is written as 24:00, so that 23:59-24:00 can be read back.
    AppendMinute(text, range.last.value == kLastMinute ? kLastMinute + 1u : range.last.value);
  }
  return text;
}

}  // namespace postern::policy
