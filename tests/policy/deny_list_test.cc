// SPDX-License-Identifier: BSD-2-Clause
// DenyList: who is refused until when, and what happens when it is full.
#include "policy/decision/deny_list.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

using std::chrono::minutes;

IpAddress Address(std::string_view text) { return *IpAddress::Parse(text); }

constexpr Instant kNow = std::chrono::hours(5);

TEST_CASE("an entry is refused until its time is over (case 71)") {
  DenyList list;
  CHECK(list.Add(Address("127.0.0.2"), kNow, minutes(1)) == DenyList::Added::kNew);
  CHECK(list.Contains(Address("127.0.0.2"), kNow));
  CHECK(list.Contains(Address("127.0.0.2"), kNow + minutes(1) - Instant(1)));
  CHECK_FALSE(list.Contains(Address("127.0.0.2"), kNow + minutes(1)));
  CHECK_FALSE(list.Contains(Address("127.0.0.3"), kNow));
}

TEST_CASE("the mapped form is the same host (case 71)") {
  DenyList list;
  list.Add(Address("::ffff:127.0.0.2"), kNow, minutes(1));
  CHECK(list.Contains(Address("127.0.0.2"), kNow));
}

TEST_CASE("zero minutes is for ever (case 72)") {
  DenyList list;
  list.Add(Address("::1"), kNow, minutes(0));
  CHECK(list.Contains(Address("::1"), kNow + std::chrono::years(100)));
  CHECK(list.Expire(kNow + std::chrono::years(100)) == 0);
  DenyList longest;
  longest.Add(Address("::1"), kNow, minutes::max());
  CHECK(longest.Contains(Address("::1"), kNow + std::chrono::years(100)));
}

TEST_CASE("an address ending in zero is one host, not a network (case 73)") {
  DenyList list;
  list.Add(Address("127.5.1.0"), kNow, minutes(1));
  CHECK(list.Contains(Address("127.5.1.0"), kNow));
  CHECK_FALSE(list.Contains(Address("127.5.1.77"), kNow));
}

TEST_CASE("a repeated hit extends an entry and never shortens it") {
  DenyList list;
  const IpAddress who = Address("10.0.0.1");
  list.Add(who, kNow, minutes(10));
  CHECK(list.Add(who, kNow + minutes(1), minutes(1)) == DenyList::Added::kExtended);
  CHECK(list.Contains(who, kNow + minutes(9)));
  list.Add(who, kNow + minutes(5), minutes(10));
  CHECK(list.Contains(who, kNow + minutes(14)));
  list.Add(who, kNow + minutes(5), minutes(0));
  list.Add(who, kNow + minutes(5), minutes(1));
  CHECK(list.Contains(who, kNow + minutes(1000)));
}

TEST_CASE("an expired entry that is hit again is new") {
  DenyList list;
  const IpAddress who = Address("10.0.0.1");
  list.Add(who, kNow, minutes(1));
  CHECK(list.Add(who, kNow + minutes(2), minutes(1)) == DenyList::Added::kNew);
  CHECK(list.Contains(who, kNow + minutes(2)));
  CHECK(list.size() == 1);
}

TEST_CASE("a full list takes no more until something expires") {
  DenyList list;
  for (std::uint32_t i = 0; i < DenyList::kMaxEntries; ++i) {
    REQUIRE(list.Add(IpAddress::FromV4(i + 1), kNow, minutes(i % 2 == 0 ? 1 : 0)) ==
            DenyList::Added::kNew);
  }
  const IpAddress late = Address("10.0.0.1");
  CHECK(list.Add(late, kNow, minutes(1)) == DenyList::Added::kFull);
  CHECK_FALSE(list.Contains(late, kNow));
  CHECK(list.Add(IpAddress::FromV4(1), kNow, minutes(2)) == DenyList::Added::kExtended);
  CHECK(list.Add(late, kNow + minutes(1), minutes(1)) == DenyList::Added::kNew);
  CHECK(list.size() == DenyList::kMaxEntries / 2 + 2);
}

TEST_CASE("Expire drops what is over and nothing else") {
  DenyList list;
  list.Add(Address("10.0.0.1"), kNow, minutes(1));
  list.Add(Address("10.0.0.2"), kNow, minutes(2));
  CHECK(list.Expire(kNow) == 0);
  CHECK(list.Expire(kNow + minutes(1)) == 1);
  CHECK(list.size() == 1);
}

}  // namespace
}  // namespace postern::policy
