// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/gate/told_ends.h"

#include <catch2/catch.hpp>
#include <vector>

namespace postern::daemon {
namespace {

using sandbox::sys::SocketAddress;
using Words = std::vector<const char*>;

std::optional<wrapper::Connection> Told(Words words) {
  words.push_back(nullptr);
  return ToldEnds(words.data());
}

TEST_CASE("both ends are those of the words that posternd sets") {
  const auto ends = Told({"PROTO=TCP", "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=1025",
                          "TCPLOCALIP=2001:db8::1", "TCPLOCALPORT=25"});
  REQUIRE(ends);
  CHECK(ends->stream);
  CHECK(ends->client.is_v4());
  CHECK(ends->client.port() == 1025);
  CHECK(ends->client.address_bytes()[12] == 192);
  CHECK(ends->server.port() == 25);
  CHECK(ends->server.address_bytes()[0] == 0x20);
}

TEST_CASE("the last word of a name counts, which is posternd's") {
  const auto ends = Told({"PROTO=UNIX", "TCPREMOTEIP=127.0.0.1", "TCPREMOTEPORT=1", "PROTO=TCP",
                          "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=2"});
  REQUIRE(ends);
  CHECK(ends->client.port() == 2);
  CHECK_FALSE(ends->server.known());
  CHECK_FALSE(Told({"PROTO=TCP", "TCPREMOTEIP=127.0.0.1", "TCPREMOTEPORT=1", "PROTO=UNIX"}));
}

TEST_CASE("words that are none tell of no client") {
  CHECK_FALSE(Told({}));
  CHECK_FALSE(Told({"PROTO=TCP"}));
  CHECK_FALSE(Told({"PROTO=TCP", "TCPREMOTEIP=192.0.2.1"}));
  CHECK_FALSE(Told({"PROTO=TCP", "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=99999"}));
  CHECK_FALSE(Told({"PROTO=TCP", "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=1x"}));
  CHECK_FALSE(Told({"PROTO=TCP", "TCPREMOTEIP=nobody", "TCPREMOTEPORT=1"}));
  CHECK_FALSE(Told({"PROTO=UDP", "TCPREMOTEIP=192.0.2.1", "TCPREMOTEPORT=1"}));
}

}  // namespace
}  // namespace postern::daemon
