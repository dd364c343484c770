// SPDX-License-Identifier: BSD-2-Clause
// The addresses that earlier rules hold, and which rule held each first.
//
// Made for asking once and adding once for each rule of a long table: both cost the logarithm of
// what was added, on average.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "policy/analysis/address_set.h"

namespace postern::policy::check {

class AddressCover {
 public:
  // What is held already stays with the rule that held it first.
  void Add(const analysis::AddressRange& range, std::uint32_t rule);

  // The end of the unbroken stretch that holds `at`; nullopt: nobody holds it.
  std::optional<analysis::Number128> CoveredUntil(const analysis::Number128& at) const;
  // The rule that holds `at` first, which must be held, and the last address of its piece.
  struct Owner {
    std::uint32_t rule;
    analysis::Number128 last;
  };
  Owner OwnerOf(const analysis::Number128& at) const;

 private:
  std::map<analysis::Number128, analysis::Number128> stretches_;  // first to last, none touch
  std::map<analysis::Number128, Owner> pieces_;                   // by first
};

}  // namespace postern::policy::check
