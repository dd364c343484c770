// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/memory.h"

#include <sys/resource.h>

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

TEST_CASE("What may be locked is what the hard limit says") {
  const rlimit before{4096 * 16, 4096 * 16};
  REQUIRE(::setrlimit(RLIMIT_MEMLOCK, &before) == 0);
  CHECK(postern::sandbox::sys::LockableMemory() == 4096 * 16);
}
