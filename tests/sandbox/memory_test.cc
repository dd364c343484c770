// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/memory.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

namespace {

long ResidentKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long value = 0;
    if (word == "VmRSS:" && status >> value) return value;
  }
  return -1;
}

}  // namespace

TEST_CASE("Memory that start-up freed goes back to the kernel, and the program runs on") {
  {
    std::vector<std::string> many(200'000, std::string(100, 'x'));
    REQUIRE(many.size() == 200'000);
  }
  const long before = ResidentKilobytes();
  postern::sandbox::sys::ReleaseUnusedMemory();
  const long after = ResidentKilobytes();
  CHECK(after > 0);
  CHECK(after < before);
  CHECK(std::stoi("42") == 42);
}
