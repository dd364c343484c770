// SPDX-License-Identifier: BSD-2-Clause
// Work, counted as it is done and ended at a number: what a hostile file asks for ends at the same
// place on every machine. A unit is some twenty nanoseconds of today's.
#pragma once

#include <cstddef>

namespace postern::policy {

class WorkBudget {
 public:
  explicit WorkBudget(std::size_t units) : left_(units) {}

  // False from the first time on that more is asked for than is left.
  bool Spend(std::size_t units) {
    exhausted_ = exhausted_ || units > left_;
    left_ -= exhausted_ ? left_ : units;
    return !exhausted_;
  }
  bool exhausted() const { return exhausted_; }

 private:
  std::size_t left_;
  bool exhausted_ = false;
};

}  // namespace postern::policy
