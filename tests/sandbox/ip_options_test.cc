// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/ip_options.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

namespace postern::sandbox::sys {
namespace {

struct Connected {
  UniqueFd client, server;
};

// RFC 791: record route, with room for one address.
constexpr std::array<std::uint8_t, 8> kRecordRoute = {7, 7, 4, 0, 0, 0, 0, 0};

Connected Connect(bool with_options) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener.get(), generic, length) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
  Connected both;
  both.client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (with_options) {
    REQUIRE(::setsockopt(both.client.get(), IPPROTO_IP, IP_OPTIONS, kRecordRoute.data(),
                         kRecordRoute.size()) == 0);
  }
  REQUIRE(::connect(both.client.get(), generic, length) == 0);
  both.server = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(both.server);
  return both;
}

TEST_CASE("The options of the client's header are told, and then cleared") {
  const Connected both = Connect(true);
  const auto options = IpOptions(both.server);
  REQUIRE(options);
  REQUIRE(options->size() == 8);
  CHECK((*options)[0] == 7);
  REQUIRE(ClearIpOptions(both.server));
  CHECK(IpOptions(both.server)->empty());
}

TEST_CASE("A plain connection has none") { CHECK(IpOptions(Connect(false).server)->empty()); }

TEST_CASE("What is no socket of the internet is an error") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]), write_end(ends[1]);
  CHECK(IpOptions(read_end).error().number == ENOTSOCK);
  CHECK(ClearIpOptions(read_end).error().number == ENOTSOCK);
  CHECK(ShutdownBoth(read_end).error().number == ENOTSOCK);
}

TEST_CASE("After the shutdown nothing passes, though the client is still there") {
  const Connected both = Connect(false);
  REQUIRE(ShutdownBoth(both.server));
  char byte = 0;
  CHECK(::recv(both.client.get(), &byte, 1, 0) == 0);
  CHECK(::recv(both.server.get(), &byte, 1, 0) == 0);
  CHECK(::send(both.server.get(), &byte, 1, MSG_NOSIGNAL) < 0);
}

}  // namespace
}  // namespace postern::sandbox::sys
