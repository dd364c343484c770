// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/behind_relay.h"

#include <catch2/catch.hpp>
#include <memory>

namespace postern::daemon {

using policy::NetworkAccess;
using policy::SandboxProfile;

TEST_CASE("Without a sandbox, what `defaults` say of network has no effect") {
  policy::ServiceSpec spec;
  CHECK_FALSE(BehindRelay(spec));
  policy::Confinement confinement;
  confinement.network = NetworkAccess::kRelay;
  for (const auto profile :
       {SandboxProfile::kBaseline, SandboxProfile::kStandard, SandboxProfile::kStrict}) {
    confinement.profile = profile;
    spec.confinement = std::make_shared<const policy::Confinement>(confinement);
    CHECK(BehindRelay(spec));
  }
  confinement.profile = SandboxProfile::kNone;
  spec.confinement = std::make_shared<const policy::Confinement>(confinement);
  CHECK_FALSE(BehindRelay(spec));
}

TEST_CASE("An idle timeout goes over the wire in milliseconds, as far as they reach") {
  CHECK(WireIdleTimeout(std::nullopt) == 0);
  CHECK(WireIdleTimeout(60) == 60'000);
  CHECK(WireIdleTimeout(1ULL << 40) == 4'294'967'000);
}

}  // namespace postern::daemon
