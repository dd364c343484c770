// SPDX-License-Identifier: BSD-2-Clause
// AccessTimes: whole minutes, midnight, and what is refused.
#include "policy/decision/access_times.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

const SourceLocation kWhere{"test.conf", 3, 5};

Result<AccessTimes> Parse(std::vector<std::string_view> words) {
  return AccessTimes::Parse(words, kWhere);
}

bool Open(std::vector<std::string_view> words, int hour, int minute) {
  return Parse(std::move(words))->Contains({static_cast<std::uint16_t>(hour * 60 + minute)});
}

TEST_CASE("both ends of a range count to the whole minute (case 51)") {
  CHECK_FALSE(Open({"8:00-17:00"}, 7, 59));
  CHECK(Open({"8:00-17:00"}, 8, 0));
  CHECK(Open({"8:00-17:00"}, 17, 0));
  CHECK_FALSE(Open({"8:00-17:00"}, 17, 1));
}

TEST_CASE("any range of the list will do (case 51)") {
  CHECK(Open({"8:00-9:00", "13:00-14:00"}, 13, 30));
  CHECK_FALSE(Open({"8:00-9:00", "13:00-14:00"}, 11, 0));
}

TEST_CASE("a range may cross midnight (case 51)") {
  CHECK(Open({"23:00-01:00"}, 23, 0));
  CHECK(Open({"23:00-01:00"}, 0, 0));
  CHECK(Open({"23:00-01:00"}, 1, 0));
  CHECK_FALSE(Open({"23:00-01:00"}, 1, 1));
  CHECK_FALSE(Open({"23:00-01:00"}, 22, 59));
  CHECK_FALSE(Open({"23:00-01:00"}, 12, 0));
}

TEST_CASE("24:00 ends a day and starts none (case 51)") {
  CHECK(Open({"8:00-24:00"}, 23, 59));
  CHECK_FALSE(Open({"8:00-24:00"}, 0, 0));
  CHECK(Open({"0:00-24:00"}, 12, 0));
  CHECK_FALSE(Parse({"24:00-8:00"}));
  CHECK_FALSE(Parse({"8:00-24:01"}));
}

TEST_CASE("what is not H:MM-H:MM is an error with its place") {
  for (const char* text :
       {"", "8:00", "8:00-", "-8:00", "8-17", "8:60-9:00", "25:00-26:00", "8:00-17:00x",
        "8:00--17:00", "8:00-9:00-10:00", "008:00-9:00", "8:000-9:00", "a:00-b:00", "+8:00-9:00",
        "8:00 -9:00", "8.00-9.00", "8:-9:", ":00-:01"}) {
    CAPTURE(text);
    const auto times = Parse({text});
    REQUIRE_FALSE(times);
    CHECK(times.error().code == "bad-access-times");
    CHECK(times.error().where == kWhere);
  }
}

TEST_CASE("a range of equal ends and an empty list are errors") {
  CHECK(Parse({"8:00-8:00"}).error().fix == "write 0:00-24:00 if the whole day is meant");
  CHECK_FALSE(Parse({}));
  CHECK_FALSE(Parse(std::vector<std::string_view>(257, "8:00-9:00")));
  CHECK(Parse(std::vector<std::string_view>(256, "8:00-9:00")));
}

TEST_CASE("one bad range spoils the list") { CHECK_FALSE(Parse({"8:00-9:00", "junk"})); }

TEST_CASE("ranges print in a form that reads back as the same ranges") {
  CHECK(Parse({"08:05-17:00", "23:0-1:00"})->ToString() == "8:05-17:00 23:00-1:00");
  CHECK(Parse({"23:59-24:00"})->ToString() == "23:59-24:00");
  for (const char* text : {"8:00-24:00", "23:59-24:00", "0:00-23:59", "22:00-0:00", "23:59-0:00"}) {
    CAPTURE(text);
    const std::string printed = Parse({text})->ToString();
    CHECK(*Parse({printed}) == *Parse({text}));
  }
}

}  // namespace
}  // namespace postern::policy
