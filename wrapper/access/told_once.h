// SPDX-License-Identifier: BSD-2-Clause
// Which troubles of one version of the access files have been told.
//
// So that a trouble is one line in the log, not one for each client. May be asked by several
// threads at once, and holds no lock that a fork could leave locked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

namespace postern::wrapper {

class ToldOnce {
 public:
  static constexpr std::size_t kMost = 64;
  // True for a text that has not been told; then it has. After kMost of them, never.
  bool First(std::string_view text);

 private:
  std::array<std::atomic<std::size_t>, kMost> told_{};  // their hashes; 0: none
};

}  // namespace postern::wrapper
