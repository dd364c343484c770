// SPDX-License-Identifier: BSD-2-Clause
#include "policy/base/near_miss.h"

#include <array>
#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"per_source", "only_from", "port", "wait"};

}  // namespace

TEST_CASE("a misspelt name finds the one it was meant to be") {
  CHECK(NearMiss("per_sorce", kNames) == "per_source");
  CHECK(NearMiss("PER_SUORCE", kNames) == "per_source");
  CHECK(NearMiss("onlyfrom", kNames) == "only_from");
  CHECK(NearMiss("prot", kNames) == "port");
  CHECK(DidYouMean("wiat", kNames) == " (did you mean \"wait\"?)");
}

TEST_CASE("a word that is near to nothing finds nothing") {
  CHECK(NearMiss("zzz", kNames).empty());
  CHECK(NearMiss("", kNames).empty());
  CHECK(NearMiss("po", kNames).empty());
  CHECK(NearMiss(std::string(1000, 'p'), kNames).empty());
  CHECK(DidYouMean("bogus", kNames).empty());
}

}  // namespace postern::policy
