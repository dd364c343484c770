// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/chargen_text.h"

#include <array>
#include <cstddef>

namespace postern::daemon {
namespace {

constexpr auto MakeCycle() {
  std::array<char, static_cast<std::size_t>(kChargenAlphabet) * (kChargenLine + 2)> cycle{};
  std::size_t at = 0;
  for (int line = 0; line < kChargenAlphabet; ++line) {
    for (int column = 0; column < kChargenLine; ++column) {
      cycle[at++] = static_cast<char>('!' + (line + column) % kChargenAlphabet);
    }
    cycle[at++] = '\r';
    cycle[at++] = '\n';
  }
  return cycle;
}

constexpr auto kCycle = MakeCycle();

}  // namespace

std::string_view ChargenCycle() { return {kCycle.data(), kCycle.size()}; }

}  // namespace postern::daemon
