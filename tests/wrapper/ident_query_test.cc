// SPDX-License-Identifier: BSD-2-Clause
// What an ident server may say is in tests/policy/ident_reply_test.cc, the waiting for one in
// lookup_test.cc.
#include "wrapper/lookup/ident_query.h"

#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/events.h"
#include "sandbox/sys/payload.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using sys::SocketAddress;

SocketAddress Loopback(std::uint8_t last, std::uint16_t port) {
  return SocketAddress::Inet({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}, port,
                             true);
}

struct Server {
  sys::UniqueFd listener, connection;
  Server() {
    listener = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0).value();
    REQUIRE(sys::Bind(listener, Loopback(1, 0)));
    REQUIRE(sys::Listen(listener, 8));
  }
  std::uint16_t port() const { return sys::LocalAddress(listener).value().port(); }
  static bool Step(IdentQuery& query, int ms = 5000) {
    const bool reads = query.interest() == sys::kReadable;
    pollfd wait{query.socket().get(), static_cast<short>(reads ? POLLIN : POLLOUT), 0};
    if (::poll(&wait, 1, ms) != 1) return false;
    query.OnReady();
    return true;
  }
  // Takes the question, says `reply` and hangs up.
  void Answer(IdentQuery& query, const std::string& reply) {
    while (!query.over() && query.interest() == sys::kWritable) REQUIRE(Step(query));
    pollfd wait{listener.get(), POLLIN, 0};
    REQUIRE(::poll(&wait, 1, 5000) == 1);
    connection = std::move(sys::Accept(listener, true)->socket);
    ::send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    REQUIRE(sys::ShutdownWrite(connection));
    while (!query.over()) REQUIRE(Step(query));
  }
};

TEST_CASE("a query that is answered has the user, and lets go of its socket") {
  Server server;
  IdentQuery query(Loopback(1, 4711), Loopback(2, 22), server.port());
  server.Answer(query, "4711, 22 : USERID : UNIX : bob\r\n");
  CHECK(query.end() == IdentEnd::kUser);
  CHECK(query.user().system == "UNIX");
  CHECK(query.user().user() == "bob");
  CHECK_FALSE(query.socket());
}

TEST_CASE("what does not name the user is told apart") {
  for (const auto& [reply, end] :
       {std::pair{"4711, 22 : ERROR : HIDDEN-USER\r\n", IdentEnd::kBadReply},
        std::pair{"22, 4711 : USERID : UNIX : bob\r\n", IdentEnd::kBadReply},
        std::pair{"4711, 22 : USERID : UNIX : bob", IdentEnd::kLost},
        std::pair{"", IdentEnd::kLost}}) {
    INFO(reply);
    Server server;
    IdentQuery query(Loopback(1, 4711), Loopback(2, 22), server.port());
    server.Answer(query, reply);
    CHECK(query.end() == end);
  }
}

TEST_CASE("a server that floods is read to the longest reply, and no further") {
  Server server;
  IdentQuery query(Loopback(1, 4711), Loopback(2, 22), server.port());
  server.Answer(query, "4711,22:USERID:UNIX:" + std::string(60'000, 'x'));
  CHECK(query.end() == IdentEnd::kUser);
  CHECK(query.user().text.size() == policy::hosts::kMaxIdentUser);
}

TEST_CASE("nobody listens, or the address is not ours") {
  const std::uint16_t port = Server().port();
  IdentQuery refused(Loopback(1, 1), Loopback(2, 2), port);
  while (!refused.over()) REQUIRE(Server::Step(refused));
  CHECK(refused.end() == IdentEnd::kNoServer);
  const auto elsewhere =
      SocketAddress::Inet({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, 22, true);
  CHECK(IdentQuery(Loopback(1, 1), elsewhere, port).end() == IdentEnd::kSystem);
  CHECK(IdentQuery(Loopback(1, 1), SocketAddress::AnyV6(2), port).end() == IdentEnd::kSystem);
  CHECK(IdentQuery(SocketAddress(), SocketAddress(), port).end() == IdentEnd::kSystem);
}

}  // namespace
}  // namespace postern::wrapper
