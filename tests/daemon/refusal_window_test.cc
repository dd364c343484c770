// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/refusal_window.h"

#include <catch2/catch.hpp>

namespace postern::daemon {
namespace {

policy::IpAddress Source(std::uint32_t number) { return policy::IpAddress::FromV4(number); }

TEST_CASE("Each source has one record, and what repeats is counted") {
  RefusalWindow window;
  CHECK(window.Note(Source(1)));
  CHECK(window.Note(Source(2)));
  CHECK(window.Note(std::nullopt));
  CHECK(window.unrecorded() == 0);
  CHECK_FALSE(window.Note(Source(1)));
  CHECK_FALSE(window.Note(std::nullopt));
  CHECK(window.unrecorded() == 2);
}

TEST_CASE("Only so many sources have a record") {
  RefusalWindow window;
  for (std::uint32_t i = 0; i < RefusalWindow::kMaxRecords; ++i) CHECK(window.Note(Source(i)));
  CHECK_FALSE(window.Note(Source(1000)));
  CHECK_FALSE(window.Note(std::nullopt));
  CHECK(window.unrecorded() == 2);
}

}  // namespace
}  // namespace postern::daemon
