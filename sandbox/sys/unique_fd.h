// SPDX-License-Identifier: BSD-2-Clause
// A descriptor that is closed when its owner goes. Every descriptor of the project lives in one,
// and is born with close-on-exec set.
#pragma once

#include <utility>

namespace postern::sandbox::sys {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();  // closes what it owns
  // A descriptor of its own for the same file; owns nothing, with errno set, when the table is
  // full.
  static UniqueFd DuplicateOf(int fd);

 private:
  int fd_ = -1;
};

}  // namespace postern::sandbox::sys
