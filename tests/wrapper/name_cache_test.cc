// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/name_cache.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

using namespace std::chrono_literals;
using policy::IpAddress;

IpAddress Address(std::uint32_t number) { return IpAddress::FromV4(number); }
NameResult Named(const std::string& name) { return {NameFinding::kConfirmed, name}; }

TEST_CASE("a result is there until its time is over, and no longer than an hour") {
  NameCache cache;
  cache.Put(Address(1), Named("a.test"), 5s, 1000ms);
  cache.Put(Address(2), Named("b.test"), 100000s, 1000ms);
  REQUIRE(cache.Find(Address(1), 5999ms) != nullptr);
  CHECK(cache.Find(Address(1), 5999ms)->name == "a.test");
  CHECK(cache.Find(Address(1), 6000ms) == nullptr);
  CHECK(cache.Find(Address(2), 1000ms + 3599s) != nullptr);
  CHECK(cache.Find(Address(2), 1000ms + 3600s) == nullptr);
  CHECK(cache.Find(Address(3), 0ms) == nullptr);
}

TEST_CASE("a result that may not be kept is not, and takes the place of an older one") {
  NameCache cache;
  cache.Put(Address(1), Named("a.test"), 50s, 0ms);
  cache.Put(Address(1), Named("b.test"), 10s, 0ms);
  CHECK(cache.Find(Address(1), 5s)->name == "b.test");
  CHECK(cache.Find(Address(1), 20s) == nullptr);
  cache.Put(Address(1), Named("c.test"), 0s, 0ms);
  CHECK(cache.Find(Address(1), 0ms) == nullptr);
  CHECK(cache.size() == 0);
}

TEST_CASE("a full cache lets go of what would be the first to go") {
  NameCache cache;
  for (std::uint32_t i = 0; i < NameCache::kMostEntries; ++i) {
    cache.Put(Address(i), Named("a.test"), std::chrono::seconds(i == 7 ? 5 : 60), 0ms);
  }
  cache.Put(Address(1'000'000), Named("b.test"), 60s, 0ms);
  CHECK(cache.size() == NameCache::kMostEntries);
  CHECK(cache.Find(Address(7), 0ms) == nullptr);
  CHECK(cache.Find(Address(8), 0ms) != nullptr);
  CHECK(cache.Find(Address(1'000'000), 0ms) != nullptr);
  cache.Clear();
  CHECK(cache.size() == 0);
}

}  // namespace
}  // namespace postern::wrapper
