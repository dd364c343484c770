// SPDX-License-Identifier: BSD-2-Clause
// What AccessList must answer, computed the slow and obvious way: every block, bit by bit.
// Shares no matching code with policy/address.
#pragma once

#include <optional>
#include <vector>

#include "policy/address/address_word.h"
#include "policy/address/ip_address.h"

namespace postern::oracle {

struct NaiveMatch {
  int prefix_length = 0;  // 0..128
  const policy::AddressWord* word = nullptr;
};

// The longest matching block; of equal ones the first written.
std::optional<NaiveMatch> NaiveFind(const std::vector<policy::AddressWord>& words,
                                    const policy::IpAddress& address);

}  // namespace postern::oracle
