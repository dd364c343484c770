// SPDX-License-Identifier: BSD-2-Clause
// access_times (policy/decision/access_times.h): what is accepted reads back from its printed form,
// and every range admits its own ends.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision/access_times.h"

namespace {

using postern::policy::AccessTimes;
using postern::policy::Result;

void Require(bool condition) {
  if (!condition) std::abort();
}

Result<AccessTimes> Parse(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    words.push_back(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  }
  return AccessTimes::Parse(words, {"fuzz", 1, 1});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const Result<AccessTimes> times = Parse(text);
  if (!times) {
    Require(!times.error().message.empty());
    return 0;
  }
  Require(!times->ranges().empty());
  for (const AccessTimes::Range& range : times->ranges()) {
    Require(range.first.value < 1440 && range.last.value < 1440);
    Require(times->Contains(range.first) && times->Contains(range.last));
  }
  const std::string printed = times->ToString();
  const Result<AccessTimes> again = Parse(printed);
  Require(again && *again == *times && again->ToString() == printed);
  return 0;
}
