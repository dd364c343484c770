// SPDX-License-Identifier: BSD-2-Clause
// Whether the name that an address has is its own: the forward lookup has to confirm it.
//
// Whoever owns the address writes its reverse entry and may claim any name; only the name's owner
// can make that name point back at the address. The rules, and their order, are those of
// tcp_wrappers. Pure: the look-ups are the caller's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::policy {

enum class NameStanding : std::uint8_t {
  kConfirmed,
  kNumeric,       // the name is a number, which could pass for an address
  kNoForward,     // it has no address at all
  kOtherName,     // it is an alias of another name
  kOtherAddress,  // it has other addresses alone
};

// What the forward lookup said; `canonical_name` may be empty.
struct ForwardLookup {
  bool found = false;
  std::string_view canonical_name;
  bool points_back = false;  // the address is among those found
};

NameStanding JudgeName(std::string_view name, bool is_numeric, const ForwardLookup& forward);

// For a log: "host name/name mismatch: a.example != b.example". `address` and `family` are printed
// forms; empty for kConfirmed.
std::string StandingText(NameStanding standing, std::string_view name,
                         std::string_view canonical_name, std::string_view address,
                         std::string_view family);

}  // namespace postern::policy
