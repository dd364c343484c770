// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/behind_relay.h"

#include <catch2/catch.hpp>
#include <memory>

namespace postern::daemon {

using policy::NetworkAccess;
using policy::SandboxProfile;

TEST_CASE("Without a sandbox, what `defaults` say of network and idle timeout has no effect") {
  policy::ServiceSpec spec;
  CHECK_FALSE(BehindRelay(spec));
  policy::Confinement confinement;
  confinement.network = NetworkAccess::kRelay;
  confinement.idle_timeout = 60;
  for (const auto profile :
       {SandboxProfile::kBaseline, SandboxProfile::kStandard, SandboxProfile::kStrict}) {
    confinement.profile = profile;
    spec.confinement = std::make_shared<const policy::Confinement>(confinement);
    CHECK(BehindRelay(spec));
    CHECK(WireIdleTimeout(spec) == 60'000);
  }
  confinement.profile = SandboxProfile::kNone;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  CHECK_FALSE(BehindRelay(spec));
}

}  // namespace postern::daemon
