// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/connection_environment.h"

#include "tests/daemon/acceptor_fixture.h"

namespace postern::daemon {
namespace {

using policy::Endpoint;
using Words = std::vector<std::string>;

const Endpoint kPeer{Address("192.0.2.1"), 1025};
const Endpoint kLocal{Address("2001:db8::1"), 25};

TEST_CASE("A TCP program learns both ends in xinetd's and in tcpserver's words") {
  CHECK(ConnectionEnvironment(Spec(), kLocal, kPeer) ==
        Words{"REMOTE_HOST=192.0.2.1", "REMOTE_PORT=1025", "PROTO=TCP", "TCPREMOTEIP=192.0.2.1",
              "TCPREMOTEPORT=1025", "TCPLOCALIP=2001:db8::1", "TCPLOCALPORT=25"});
}

TEST_CASE("A UDP program's words say UDP, and an unknown local end is left out") {
  CHECK(ConnectionEnvironment(Spec(policy::SocketType::kDgram), std::nullopt, kPeer) ==
        Words{"REMOTE_HOST=192.0.2.1", "REMOTE_PORT=1025", "PROTO=UDP", "UDPREMOTEIP=192.0.2.1",
              "UDPREMOTEPORT=1025"});
}

TEST_CASE("A server that accepts for itself is told of no client") {
  CHECK(ConnectionEnvironment(Spec(), kLocal, std::nullopt).empty());
}

TEST_CASE("A client on a unix socket has no address") {
  auto spec = Spec();
  spec.listen = {};
  spec.listen.family = policy::Family::kUnix;
  CHECK(ConnectionEnvironment(spec, std::nullopt, std::nullopt) == Words{"PROTO=UNIX"});
}

}  // namespace
}  // namespace postern::daemon
