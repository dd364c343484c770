// SPDX-License-Identifier: BSD-2-Clause
// What a stranger's finger server says, made harmless for a terminal or a mail: no control
// characters, no endless lines, no line that begins where ours begin, and not too much of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::wrapper {

class FingerFilter {
 public:
  static constexpr std::size_t kMostInput =
      100'000;  // bytes; the rest is dropped, and that is said
  static constexpr std::size_t kColumns = 128;

  // What to print for the next bytes.
  std::string Filter(std::string_view bytes);
  bool full() const { return full_; }  // nothing more is printed

 private:
  void Put(char c, std::string& out);

  std::size_t read_ = 0;
  std::size_t column_ = 0;
  bool full_ = false;
};

}  // namespace postern::wrapper
