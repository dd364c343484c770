// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string CodesOf(const std::string& text) { return Codes(LoadXinetd(text)); }

// The listening address of s1 with these lines, or "held".
std::string ListenOf(const std::string& lines, const std::string& defaults = "") {
  const Configuration loaded = LoadXinetd(DefaultsWith(defaults) + ServiceWith(lines));
  const ServiceSpec* const spec = FindService(loaded, "s1");
  if (spec == nullptr) return "held";
  std::string family;
  switch (spec->listen.family) {
    case Family::kDual:
      family = "dual";
      break;
    case Family::kIpv4:
      family = "v4";
      break;
    case Family::kIpv6:
      family = "v6";
      break;
    case Family::kIpv6Only:
      family = "v6only";
      break;
    case Family::kUnix:
      family = "unix";
      break;
  }
  return family + " " + (spec->listen.address ? spec->listen.address->ToString() : "*");
}

std::string Listed(const std::string& name, const std::string& lines) {
  return "service " + name + "\n{\nuser = root\nserver = /bin/echo\n" + lines + "\n}\n";
}

}  // namespace

TEST_CASE("flags, v6only and bind choose the family (case 101)") {
  CHECK(ListenOf("") == "dual *");
  CHECK(ListenOf("flags = IPv4") == "v4 *");
  CHECK(ListenOf("flags = IPv6") == "v6 *");
  CHECK(ListenOf("flags = IPv4 IPv6") == "dual *");
  CHECK(ListenOf("v6only = yes") == "v6only *");
  CHECK(ListenOf("v6only = no") == "dual *");
  CHECK(ListenOf("", "v6only = yes") == "v6only *");
  CHECK(ListenOf("v6only = no", "v6only = yes") == "dual *");
  CHECK(ListenOf("flags = IPv6\nv6only = yes") == "v6only *");
  CHECK(ListenOf("bind = 127.0.0.1") == "v4 127.0.0.1");
  CHECK(ListenOf("bind = ::1") == "v6 ::1");
  CHECK(ListenOf("bind = ::ffff:127.0.0.1") == "v4 127.0.0.1");
  CHECK(ListenOf("bind = 0.0.0.0") == "v4 *");
  CHECK(ListenOf("bind = ::") == "v6 *");
  CHECK(ListenOf("bind = ::\nv6only = yes") == "v6only *");
  CHECK(ListenOf("", "bind = 127.0.0.1") == "v4 127.0.0.1");
}

TEST_CASE("an address and a family that exclude each other hold the service") {
  CHECK(ListenOf("bind = 127.0.0.1\nflags = IPv6") == "held");
  CHECK(ListenOf("bind = ::1\nflags = IPv4") == "held");
  CHECK(ListenOf("bind = 127.0.0.1\nv6only = yes") == "held");
  CHECK(ListenOf("flags = IPv4\nv6only = yes") == "held");
  CHECK(ListenOf("bind = 127.0.0.1", "v6only = yes") == "held");
}

TEST_CASE("a name to bind to must resolve (case 19)") {
  CHECK(ListenOf("bind = localhost") == "v6 ::1");
  CHECK(ListenOf("bind = localhost\nflags = IPv4") == "v4 127.0.0.1");
  CHECK(ListenOf("bind = v4.test\nflags = IPv6") == "held");
  CHECK(ListenOf("bind = 999.1.1.1\ndisable = no") == "held");
}

TEST_CASE("ports of listed services come from /etc/services (case 107)") {
  const auto port_of = [](const std::string& name, const std::string& lines) {
    const Configuration loaded = LoadXinetd(Listed(name, lines));
    return loaded.services.empty() ? -1 : static_cast<int>(loaded.services[0]->listen.port);
  };
  CHECK(port_of("smtp", "socket_type = stream\nwait = no") == 25);
  CHECK(port_of("mail", "protocol = tcp\nwait = no\nport = 25") == 25);
  CHECK(port_of("tftp", "protocol = udp\nwait = yes") == 69);
  CHECK(port_of("tftp", "socket_type = dgram\nwait = yes") == 69);
  CHECK(port_of("smtp", "socket_type = stream\nwait = no\nport = 26") == -1);
  CHECK(port_of("smtp", "socket_type = dgram\nwait = yes") == -1);
  CHECK(port_of("nosuch", "socket_type = stream\nwait = no") == -1);
  CHECK(CodesOf(Listed("smtp", "socket_type = stream\nwait = no\nport = 26")) == "port-mismatch");
  CHECK(CodesOf(Listed("nosuch", "socket_type = stream\nwait = no")) == "unlisted-service");
}

TEST_CASE("an unlisted service needs its port") {
  CHECK(CodesOf("service x\n{\ntype = UNLISTED\nsocket_type = stream\nwait = no\nuser = root\n"
                "server = /bin/echo\n}\n") == "missing-attribute");
}

TEST_CASE("protocol and socket_type must go together and be known") {
  CHECK(CodesOf(ServiceWith("protocol = udp")) == "bad-combination");
  CHECK(CodesOf(ServiceWith("protocol = tcp6")) == "unknown-protocol");
  CHECK(CodesOf(ServiceWith("socket_type = seqpacket")) == "missing-attribute");
  CHECK(CodesOf(ServiceWith("socket_type = seqpacket\nprotocol = sctp")).empty());
  CHECK(CodesOf(ServiceWith("socket_type = raw\nprotocol = icmp\nwait = yes")).empty());
}

TEST_CASE("a dgram program without wait is refused with the fix (case 90)") {
  const Configuration loaded = LoadXinetd(ServiceWith("socket_type = dgram"));
  CHECK(Codes(loaded) == "dgram-needs-wait");
  CHECK(loaded.diagnostics[0].fix == "wait = yes");
  CHECK(CodesOf(ServiceWith("socket_type = dgram\nwait = yes")).empty());
}

TEST_CASE("wait on a built-in stream service makes no difference") {
  const Configuration loaded =
      LoadXinetd("service echo\n{\ntype = INTERNAL\nsocket_type = stream\nwait = yes\n}\n");
  REQUIRE(FindService(loaded, "echo") != nullptr);
  CHECK_FALSE(FindService(loaded, "echo")->wait);
}

}  // namespace postern::policy
