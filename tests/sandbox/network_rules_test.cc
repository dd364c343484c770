// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/network_rules.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "tests/sandbox/filter_asking.h"

namespace postern::sandbox::filter {
namespace {

FilterRequest With(Network network) {
  FilterRequest request;
  request.network = network;
  return request;
}

const std::string kNoFamily = Errno(EAFNOSUPPORT);
constexpr std::uint64_t kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;

TEST_CASE("A service that has its connection only makes no socket") {
  for (const Network network : {Network::kInherited, Network::kRelay}) {
    const Asked filter(With(network));
    for (std::uint64_t family = 0; family < 50; ++family) {
      CHECK(filter("socket", {family, SOCK_STREAM}) == kNoFamily);
      CHECK(filter("socket", {family, SOCK_DGRAM}) == kNoFamily);
    }
    CHECK(filter("socketpair", {AF_UNIX, SOCK_STREAM}) == "allow");
    CHECK(filter("socketpair", {AF_TIPC, SOCK_STREAM}) == kNoFamily);
  }
}

TEST_CASE("It may have AF_UNIX, and the upper half of the argument hides nothing") {
  FilterRequest request = With(Network::kInherited);
  request.unix_sockets = true;
  const Asked filter(request);
  CHECK(filter("socket", {AF_UNIX, SOCK_DGRAM | kFlags}) == "allow");
  CHECK(filter("socket", {0xffffffff00000000 | AF_INET, SOCK_STREAM}) == kNoFamily);
  CHECK(filter("socket", {0x100000000 | AF_UNIX, SOCK_STREAM}) == "allow");  // as the kernel has it
  CHECK(filter("socket", {AF_NETLINK, SOCK_RAW}) == kNoFamily);
}

TEST_CASE("An inherited socket does not listen, accept, bind or connect anew") {
  const Asked filter(With(Network::kInherited));
  for (const char* call : {"listen", "accept", "accept4", "bind", "connect"}) {
    CHECK(filter(call) == Errno(EACCES));
  }
}

TEST_CASE("A listening service accepts on its socket, and does no more") {
  FilterRequest request = With(Network::kInherited);
  request.accepts = true;
  const Asked filter(request);
  CHECK(filter("accept") == "allow");
  CHECK(filter("accept4") == "allow");
  for (const char* call : {"listen", "bind", "connect"}) CHECK(filter(call) == Errno(EACCES));
}

TEST_CASE("Connecting to AF_UNIX takes Landlock to keep TCP from it") {
  for (const Network network : {Network::kInherited, Network::kRelay}) {
    for (const bool local : {false, true}) {
      for (const bool landlock : {false, true}) {
        FilterRequest request = With(network);
        request.unix_sockets = local;
        request.landlock_tcp = landlock;
        CHECK(Asked(request)("connect") == (local && landlock ? "allow" : Errno(EACCES)));
      }
    }
  }
}

TEST_CASE("TCP Fast Open is no way around") {
  for (const Network network :
       {Network::kInherited, Network::kRelay, Network::kClient, Network::kServer}) {
    const Asked filter(With(network));
    for (const std::uint64_t upper : Values{0ULL, 0xffffffff00000000ULL}) {
      const std::uint64_t flags = upper | MSG_FASTOPEN | MSG_NOSIGNAL;
      CHECK(filter("sendto", {0, 0, 0, flags}) == Errno(EACCES));
      CHECK(filter("sendmsg", {0, 0, flags}) == Errno(EACCES));
      CHECK(filter("sendmmsg", {0, 0, 0, flags}) == Errno(EACCES));
    }
    CHECK(filter("sendto", {0, 0, 0, MSG_NOSIGNAL}) == "allow");
    CHECK(filter("sendmsg", {0, 0, MSG_NOSIGNAL}) == "allow");
  }
  CHECK(Asked(With(Network::kHost))("sendto", {0, 0, 0, MSG_FASTOPEN}) == "allow");
}

TEST_CASE("A client has TCP and UDP of its own, by protocol too") {
  const Asked filter(With(Network::kClient));
  for (const std::uint64_t family : Values{AF_INET, AF_INET6}) {
    CHECK(filter("socket", {family, SOCK_STREAM | kFlags, 0}) == "allow");
    CHECK(filter("socket", {family, SOCK_STREAM, IPPROTO_TCP}) == "allow");
    CHECK(filter("socket", {family, SOCK_DGRAM, IPPROTO_UDP}) == "allow");
    CHECK(filter("socket", {family, SOCK_STREAM, IPPROTO_MPTCP}) == kNoFamily);
    CHECK(filter("socket", {family, SOCK_STREAM, IPPROTO_SCTP}) == kNoFamily);
    CHECK(filter("socket", {family, SOCK_DGRAM, IPPROTO_ICMP}) == kNoFamily);
    CHECK(filter("socket", {family, SOCK_RAW, IPPROTO_TCP}) == kNoFamily);
    CHECK(filter("socket", {family, SOCK_PACKET, 0}) == kNoFamily);
  }
  CHECK(filter("socket", {AF_UNIX, SOCK_STREAM}) == kNoFamily);
  CHECK(filter("socket", {AF_PACKET, SOCK_DGRAM}) == kNoFamily);
  CHECK(filter("connect") == "allow");
  CHECK(filter("setsockopt", {0, SOL_SOCKET, SO_ATTACH_FILTER}) == "allow");
  for (const char* call : {"listen", "accept", "bind"}) CHECK(filter(call) == Errno(EACCES));
}

TEST_CASE("A server listens too") {
  const Asked filter(With(Network::kServer));
  for (const char* call : {"listen", "accept", "accept4", "bind", "connect"}) {
    CHECK(filter(call) == "allow");
  }
  CHECK(filter("socket", {AF_INET, SOCK_RAW}) == kNoFamily);
}

TEST_CASE(
    "On the host's network a listed service has the usual families, raw with the capability") {
  FilterRequest request = With(Network::kHost);
  Asked filter(request);
  for (const std::uint64_t family : Values{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_VSOCK}) {
    CHECK(filter("socket", {family, SOCK_STREAM}) == "allow");
  }
  CHECK(filter("socket", {AF_NETLINK, SOCK_RAW}) == "allow");
  CHECK(filter("socket", {AF_INET, SOCK_RAW}) == kNoFamily);
  CHECK(filter("socket", {AF_PACKET, SOCK_RAW}) == kNoFamily);
  CHECK(filter("socket", {AF_ALG, SOCK_SEQPACKET}) == kNoFamily);
  request.raw_sockets = true;
  filter = Asked(request);
  CHECK(filter("socket", {AF_INET, SOCK_RAW, IPPROTO_ICMP}) == "allow");
  CHECK(filter("socket", {AF_PACKET, SOCK_RAW}) == "allow");
  CHECK(filter("socket", {AF_ALG, SOCK_SEQPACKET}) == kNoFamily);
}

TEST_CASE("Without the list the network attribute counts all the same") {
  FilterRequest request = With(Network::kInherited);
  request.base = FilterBase::kAllButDenied;
  const Asked filter(request);
  CHECK(filter("socket", {AF_INET, SOCK_STREAM}) == kNoFamily);
  CHECK(filter("connect") == Errno(EACCES));
  CHECK(filter("listen") == Errno(EACCES));
}

TEST_CASE("Options of the connection that say how it sends may be set, and no others") {
  const Asked filter(With(Network::kInherited));
  const auto answer = [&](std::uint64_t level, std::uint64_t name, std::uint64_t length) {
    return filter("setsockopt", {0, level, name, 0x1000, length});
  };
  CHECK(answer(SOL_SOCKET, SO_KEEPALIVE, 4) == "allow");
  CHECK(answer(SOL_SOCKET, SO_LINGER, 8) == "allow");
  CHECK(answer(IPPROTO_TCP, TCP_NODELAY, 4) == "allow");
  CHECK(answer(IPPROTO_IP, IP_TOS, 4) == "allow");
  CHECK(answer(IPPROTO_IPV6, IPV6_TCLASS, 4) == "allow");
  CHECK(answer(IPPROTO_IP, IP_OPTIONS, 0) == "allow");
  CHECK(answer(IPPROTO_IP, IP_OPTIONS, 11) == Errno(EPERM));
  for (const std::uint64_t name :
       Values{SO_ATTACH_FILTER, SO_BINDTODEVICE, SO_MARK, SO_ATTACH_BPF}) {
    CHECK(answer(SOL_SOCKET, name, 4) == Errno(EPERM));
  }
  for (const std::uint64_t name : Values{TCP_REPAIR, TCP_ULP, TCP_FASTOPEN_CONNECT, TCP_MD5SIG}) {
    CHECK(answer(IPPROTO_TCP, name, 4) == Errno(EPERM));
  }
  CHECK(answer(IPPROTO_IP, IP_TRANSPARENT, 4) == Errno(EPERM));
  CHECK(answer(IPPROTO_IP, 64, 4) == Errno(EPERM));  // IPT_SO_SET_REPLACE
}

}  // namespace
}  // namespace postern::sandbox::filter
