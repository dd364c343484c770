// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/inquiry.h"

#include <catch2/catch.hpp>
#include <cstring>

namespace postern::daemon {
namespace {

AnswerName Named(WireName outcome, const char* name = "") {
  AnswerName answer;
  answer.outcome = outcome;
  answer.length = static_cast<std::uint32_t>(std::strlen(name));
  std::memcpy(answer.name.data(), name, answer.length);
  return answer;
}

TEST_CASE("A name is known, known to be none, not believed, or nobody could tell") {
  CHECK(FactOf(Named(WireName::kConfirmed, "a.test")).text() == "a.test");
  CHECK(FactOf(Named(WireName::kNone)).text() == "unknown");
  CHECK(FactOf(Named(WireName::kFailed)).unavailable());
  for (const WireName outcome :
       {WireName::kNumeric, WireName::kNoForward, WireName::kOtherName, WireName::kOtherAddress}) {
    CHECK(FactOf(Named(outcome)).text() == "paranoid");
    CHECK_FALSE(WhyNotConfirmed(outcome).empty());
  }
  CHECK(WhyNotConfirmed(WireName::kConfirmed).empty());
  CHECK(WhyNotConfirmed(WireName::kNone).empty());
}

TEST_CASE(
    "A user is the first word; a server that is not there has said so, silence says nothing") {
  AnswerUser answer;
  answer.outcome = WireUser::kUser;
  const char text[] = "two words";
  std::memcpy(answer.text.data(), text, sizeof text - 1);
  answer.text_length = sizeof text - 1;
  CHECK(FactOf(answer).text() == "two");
  CHECK(UserIn(answer)->text == "two words");
  for (const WireUser end : {WireUser::kNoServer, WireUser::kLost, WireUser::kBadReply}) {
    answer = {};
    answer.outcome = end;
    CHECK(FactOf(answer).text() == "unknown");
    CHECK_FALSE(UserIn(answer));
    CHECK_FALSE(WhyNoUser(end).empty());
  }
  for (const WireUser end : {WireUser::kSystem, WireUser::kTimeout}) {
    answer.outcome = end;
    CHECK(FactOf(answer).unavailable());
    CHECK_FALSE(WhyNoUser(end).empty());
  }
}

}  // namespace
}  // namespace postern::daemon
