// SPDX-License-Identifier: BSD-2-Clause
// From facts about a service to a number: 0, nothing is exposed, to 100, everything is.
//
// Each item has a weight, and is exposed by a share of it. The exposure is the weight that is
// exposed in a hundred parts of all weight, rounded up, so that what is not quite nothing is never
// 0. Items of which nothing is known do not count, on either side. The manner is that of
// systemd-analyze(1), security; the items are what posternd can do for a service.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/exposure/facts.h"

namespace postern::policy::exposure {

struct Seen {
  unsigned share = 0;  // 0 to 100
  std::string text;    // what there is
  Origin origin = Origin::kRead;
  bool counted = true;
};

struct Row {
  std::string_view id;     // "cap-identity"
  std::string_view title;  // of what could be done
  unsigned weight;
  std::string_view attribute;  // of posternd.conf(5): what would lower it
  std::string_view why;        // it has this weight
  Seen (*judge)(const Row& row, const Facts& facts);
  // The capabilities, or the group of calls, that it is about.
  std::span<const std::string_view> names = {};
};
std::span<const Row> Rows();

struct Item {
  const Row* row;
  Seen seen;
};

struct Score {
  unsigned exposure = 0;
  std::vector<Item> items;  // all, in the order of the table
};
Score Rate(const Facts& facts);

// "sealed" 0, "tight" from 1, "guarded" from 10, "partial" from 50, "loose" from 75, "open" from
// 90, "bare" 100.
std::string_view BandOf(unsigned exposure);

}  // namespace postern::policy::exposure
