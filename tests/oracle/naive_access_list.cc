// SPDX-License-Identifier: BSD-2-Clause
// A linear scan.
#include "tests/oracle/naive_access_list.h"

#include <cstddef>

namespace postern::oracle {
namespace {

bool Bit(const policy::IpAddress& address, int position) {
  const auto byte = address.bytes()[static_cast<std::size_t>(position / 8)];
  return (byte >> (7 - position % 8) & 1) != 0;
}

bool Holds(const policy::IpAddress& base, int length, const policy::IpAddress& address) {
  for (int position = 0; position < length; ++position) {
    if (Bit(base, position) != Bit(address, position)) return false;
  }
  return true;
}

}  // namespace

std::optional<NaiveMatch> NaiveFind(const std::vector<policy::AddressWord>& words,
                                    const policy::IpAddress& address) {
  std::optional<NaiveMatch> best;
  for (const policy::AddressWord& word : words) {
    for (const policy::CidrBlock& block : word.blocks) {
      const int length = block.is_v4() ? 96 + block.length() : block.length();
      if (best && best->prefix_length >= length) continue;
      if (Holds(block.base(), length, address)) best = NaiveMatch{length, &word};
    }
  }
  return best;
}

}  // namespace postern::oracle
