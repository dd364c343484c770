// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/awaited_headers.h"

#include "tests/daemon/sessions_fixture.h"

namespace postern::daemon {
namespace {

TEST_CASE_METHOD(SessionsFixture, "Only so many wait for the headers of one service") {
  const auto one = Make(Spec()), other = Make(Spec());
  AwaitedHeaders awaited;
  for (SessionId id = 1; id <= AwaitedHeaders::kMaxOfService; ++id) {
    REQUIRE(awaited.HasRoom(*one));
    awaited.Add(id, {one, {}, {}});
  }
  CHECK_FALSE(awaited.HasRoom(*one));
  CHECK(awaited.HasRoom(*other));
  CHECK(awaited.Take(3)->service == one);
  CHECK(awaited.HasRoom(*one));
  CHECK_FALSE(awaited.Take(3));
  CHECK_FALSE(awaited.Take(9999));
}

TEST_CASE_METHOD(SessionsFixture, "All that wait can be taken, one after the other") {
  const auto service = Make(Spec());
  AwaitedHeaders awaited;
  awaited.Add(4, {service, {}, {}});
  awaited.Add(2, {service, {}, {}});
  CHECK(awaited.size() == 2);
  CHECK(awaited.TakeAny());
  CHECK(awaited.TakeAny());
  CHECK_FALSE(awaited.TakeAny());
  CHECK(awaited.size() == 0);
}

}  // namespace
}  // namespace postern::daemon
