// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/daemon_names.h"

#include <catch2/catch.hpp>

namespace postern::policy::check {

TEST_CASE("services and well-known programs ask about themselves, others do not") {
  const DaemonNames names({"MyDaemon"});
  CHECK(names.Knows("mydaemon"));
  CHECK(names.Knows("SSHD"));
  CHECK(names.Knows("in.ftpd"));
  CHECK_FALSE(names.Knows("ssh"));
  CHECK_FALSE(names.Knows(""));
}

TEST_CASE("the name that was meant is near") {
  const DaemonNames names({"mydaemon"});
  CHECK(names.DidYouMean("ssdh").contains("sshd"));
  CHECK(names.DidYouMean("mydeamon").contains("mydaemon"));
  CHECK(names.DidYouMean("qqqqqqqqqq") == "");
}

}  // namespace postern::policy::check
