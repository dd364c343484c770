// SPDX-License-Identifier: BSD-2-Clause
// All that is wrong with one thing, as a frame carries it: a bit for each enumerator.
//
// `Flaw` numbers its enumerators from 0; kLast is another name of the last.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace postern::daemon {

template <typename Flaw>
class FlawSet {
 public:
  constexpr FlawSet() = default;
  constexpr FlawSet(std::initializer_list<Flaw> flaws) {
    for (const Flaw flaw : flaws) Add(flaw);
  }

  constexpr void Add(Flaw flaw) { bits_ |= Bit(flaw); }
  constexpr void Remove(Flaw flaw) { bits_ &= ~Bit(flaw); }
  constexpr bool Has(Flaw flaw) const { return (bits_ & Bit(flaw)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  // In the order of the enumerators.
  template <typename Take>
  void ForEach(const Take& take) const {
    for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(Flaw::kLast); ++i) {
      if (Has(Flaw{i})) take(Flaw{i});
    }
  }

  // Of what another process sent: nothing but enumerators.
  friend constexpr bool Valid(FlawSet flaws) {
    return (flaws.bits_ & ~(2 * Bit(Flaw::kLast) - 1)) == 0;
  }
  friend constexpr bool operator==(FlawSet, FlawSet) = default;

 private:
  static constexpr std::uint32_t Bit(Flaw flaw) { return 1U << static_cast<std::uint32_t>(flaw); }

  std::uint32_t bits_ = 0;
};

}  // namespace postern::daemon
