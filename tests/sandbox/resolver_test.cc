// SPDX-License-Identifier: BSD-2-Clause
// What needs names of its own is tried with a hosts file of its own: tests/e2e/lookup_test.py.
#include "sandbox/sys/resolver.h"

#include <net/if.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace postern::sandbox::sys {
namespace {

SocketAddress V4(std::uint8_t last) {
  return SocketAddress::Inet({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}, 7, true);
}

SocketAddress LinkLocal(std::uint32_t zone) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr.s6_addr[0] = 0xfe;
  v6.sin6_addr.s6_addr[1] = 0x80;
  v6.sin6_addr.s6_addr[15] = 1;
  v6.sin6_scope_id = zone;
  SocketAddress address;
  std::memcpy(address.data(), &v6, sizeof v6);
  address.set_length(sizeof v6);
  return address;
}

TEST_CASE("An address is printed as a number, a mapped one as mapped") {
  CHECK(NumericHost(V4(1)) == "127.0.0.1");
  const auto mapped = SocketAddress::Inet(V4(1).address_bytes(), 7, false);
  CHECK(NumericHost(mapped) == "::ffff:127.0.0.1");
  CHECK(NumericHost(LinkLocal(::if_nametoindex("lo"))) == "fe80::1%lo");
}

TEST_CASE("A Unix-domain socket is localhost, an unknown address nothing") {
  CHECK(NumericHost(SocketAddress::Unix("/run/x").value()) == "localhost");
  CHECK_FALSE(NumericHost(SocketAddress()).has_value());
}

TEST_CASE("A host is the same by family, address and zone, whatever the port") {
  CHECK(IsSameHost(V4(1), V4(1).WithPort(99)));
  CHECK_FALSE(IsSameHost(V4(1), V4(2)));
  CHECK_FALSE(IsSameHost(V4(1), SocketAddress::Inet(V4(1).address_bytes(), 7, false)));
  CHECK(IsSameHost(LinkLocal(1), LinkLocal(1)));
  CHECK_FALSE(IsSameHost(LinkLocal(1), LinkLocal(2)));
  CHECK_FALSE(IsSameHost(SocketAddress(), SocketAddress()));
}

TEST_CASE("Numbers are told from names, each family for itself") {
  CHECK(IsNumericHost("127.0.0.1", true));
  CHECK_FALSE(IsNumericHost("127.0.0.1", false));
  CHECK(IsNumericHost("::1", false));
  CHECK_FALSE(IsNumericHost("localhost", true));
}

TEST_CASE("A number resolves to itself, nonsense to nothing") {
  const auto answer = ForwardLookup("127.0.0.3", true);
  REQUIRE(answer);
  REQUIRE(answer->addresses.size() == 1);
  CHECK(IsSameHost(answer->addresses[0], V4(3)));
  CHECK_FALSE(ForwardLookup("", true).has_value());
}

TEST_CASE("Nobody is in a netgroup that does not exist") {
  CHECK_FALSE(InNetgroup("postern-no-such-group", "localhost"));
}

}  // namespace
}  // namespace postern::sandbox::sys
