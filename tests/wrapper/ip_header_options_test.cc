// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/ip_header_options.h"

#include <catch2/catch.hpp>
#include <vector>

namespace postern::wrapper::libwrap {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST_CASE("A source route is found wherever it stands") {
  CHECK(HasSourceRoute(Bytes{131, 7, 4, 1, 2, 3, 4}));                 // loose
  CHECK(HasSourceRoute(Bytes{137, 7, 4, 1, 2, 3, 4}));                 // strict
  CHECK(HasSourceRoute(Bytes{1, 1, 7, 7, 4, 0, 0, 0, 0, 131, 3, 4}));  // behind others
}

TEST_CASE("Other options are none, whatever their contents") {
  CHECK_FALSE(HasSourceRoute(Bytes{}));
  CHECK_FALSE(HasSourceRoute(Bytes{7, 7, 4, 131, 131, 137, 137, 0}));
  CHECK_FALSE(HasSourceRoute(Bytes{1, 1, 0, 131}));  // behind the end of the list
}

TEST_CASE("Bytes that end in the middle of an option are taken for the worst") {
  CHECK(HasSourceRoute(Bytes{7}));
  CHECK(HasSourceRoute(Bytes{7, 7, 4}));
  CHECK(HasSourceRoute(Bytes{7, 0, 4, 0}));
  CHECK(HasSourceRoute(Bytes{7, 1, 4, 0}));
}

TEST_CASE("Bytes are written as the log shows them") {
  CHECK(HexText(Bytes{7, 255, 0}) == " 07 ff 00");
  CHECK(HexText(Bytes{}).empty());
}

}  // namespace
}  // namespace postern::wrapper::libwrap
