// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/file_choice.h"

#include <catch2/catch.hpp>

namespace postern::wrapper {
namespace {

using Path = std::optional<std::string>;

TEST_CASE("Without a named file xinetd.conf is read, and inetd.conf when asked for") {
  CHECK(FilesToLoad({}).xinetd_path == Path("/etc/xinetd.conf"));
  CHECK_FALSE(FilesToLoad({}).inetd_path);
  const auto both = FilesToLoad({.xinetd = {}, .inetd = {}, .inetd_too = true});
  CHECK(both.xinetd_path == Path("/etc/xinetd.conf"));
  CHECK(both.inetd_path == Path("/etc/inetd.conf"));
}

TEST_CASE("A named inetd.conf stands alone unless xinetd.conf is named too") {
  const auto alone = FilesToLoad({.xinetd = {}, .inetd = "i", .inetd_too = false});
  CHECK_FALSE(alone.xinetd_path);
  CHECK(alone.inetd_path == Path("i"));
  const auto both = FilesToLoad({.xinetd = "x", .inetd = "i", .inetd_too = true});
  CHECK(both.xinetd_path == Path("x"));
  CHECK(both.inetd_path == Path("i"));
}

TEST_CASE("A named xinetd.conf stands alone") {
  const auto load = FilesToLoad({.xinetd = "x", .inetd = {}, .inetd_too = false});
  CHECK(load.xinetd_path == Path("x"));
  CHECK_FALSE(load.inetd_path);
}

}  // namespace
}  // namespace postern::wrapper
