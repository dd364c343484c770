// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/told_once.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

namespace postern::wrapper {
namespace {

TEST_CASE("a text is told once") {
  ToldOnce told;
  CHECK(told.First("a"));
  CHECK(told.First("b"));
  CHECK_FALSE(told.First("a"));
  CHECK_FALSE(told.First("b"));
  CHECK(ToldOnce().First("a"));
}

TEST_CASE("so many texts are told, and no more") {
  ToldOnce told;
  for (std::size_t i = 0; i < ToldOnce::kMost; ++i) CHECK(told.First(std::to_string(i)));
  CHECK_FALSE(told.First("one more"));
  CHECK_FALSE(told.First("0"));
}

TEST_CASE("threads that ask at the same time are told apart") {
  constexpr int kTexts = 32;
  ToldOnce told;
  std::atomic<int> firsts = 0;
  const auto ask = [&] {
    for (int i = 0; i < kTexts; ++i) firsts += told.First(std::to_string(i)) ? 1 : 0;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(ask);
  for (std::thread& thread : threads) thread.join();
  CHECK(firsts == kTexts);
}

}  // namespace
}  // namespace postern::wrapper
