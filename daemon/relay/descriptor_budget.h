// SPDX-License-Identifier: BSD-2-Clause
// How many descriptors the relay may still hold.
//
// A descriptor that arrives when the table is full is lost with its message (unix(7), MSG_CTRUNC),
// so the relay never comes near RLIMIT_NOFILE: whatever holds descriptors holds a lease on them,
// and without a lease there is no session. Pipes are a luxury and get only the first half.
#pragma once

#include <cstddef>
#include <utility>

namespace postern::daemon {

class DescriptorBudget {
 public:
  explicit DescriptorBudget(std::size_t capacity) : capacity_(capacity) {}

  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), count_(other.count_) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(count_, other.count_);
      return *this;
    }
    ~Lease() {
      if (budget_ != nullptr) budget_->used_ -= count_;
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class DescriptorBudget;
    Lease(DescriptorBudget* budget, std::size_t count) : budget_(budget), count_(count) {
      budget_->used_ += count_;
    }
    DescriptorBudget* budget_ = nullptr;
    std::size_t count_ = 0;
  };

  // An empty lease when there is no room.
  Lease ForSession(std::size_t count) { return Take(count, capacity_); }
  Lease ForPipe() { return Take(2, capacity_ / 2); }

 private:
  Lease Take(std::size_t count, std::size_t limit) {
    return used_ + count <= limit ? Lease(this, count) : Lease();
  }

  std::size_t capacity_;
  std::size_t used_ = 0;
};

}  // namespace postern::daemon
