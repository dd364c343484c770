// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/inherited_sockets.h"

#include "daemon/acceptor/listener.h"
#include "sandbox/sys/files.h"
#include "tests/daemon/acceptor_fixture.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using policy::Family;
using policy::SocketType;

// A listening socket on a free port of 127.0.0.1, as a service manager would hand it over, and the
// description that fits it.
struct HandedOver {
  policy::ServiceSpec spec;
  InheritedSockets sockets;
  explicit HandedOver(SocketType type = SocketType::kStream) : spec(Spec(type)) {
    auto socket = sys::MakeSocket(sys::SocketDomain::kInet4, SocketKindOf(type), 0);
    REQUIRE(sys::Bind(*socket, SocketAddressOf("127.0.0.1", 0)));
    if (type == SocketType::kStream) REQUIRE(sys::Listen(*socket, 4));
    spec.listen.port = sys::LocalAddress(*socket).value().port();
    std::vector<UniqueFd> handed;
    handed.push_back(std::move(*socket));
    sockets = InheritedSockets(std::move(handed));
  }
};

TEST_CASE("The socket of a service's address is given away once") {
  for (const auto type : {SocketType::kStream, SocketType::kDgram}) {
    HandedOver handed(type);
    CHECK(handed.sockets.left() == 1);
    const auto socket = handed.sockets.Take(handed.spec);
    REQUIRE(socket);
    CHECK(sys::LocalAddress(*socket).value().port() == handed.spec.listen.port);
    CHECK(handed.sockets.left() == 0);
    CHECK_FALSE(handed.sockets.Take(handed.spec));
  }
}

TEST_CASE("A socket that was not needed after all is given away again") {
  HandedOver handed;
  auto socket = handed.sockets.Take(handed.spec);
  REQUIRE(socket);
  auto listener = Listener::Adopt(std::move(*socket), handed.spec);
  handed.sockets.Return(listener.Release());
  CHECK_FALSE(listener);
  CHECK(handed.sockets.left() == 1);
  CHECK(TryConnect(SocketAddressOf("127.0.0.1", handed.spec.listen.port)) == 0);
  CHECK(handed.sockets.Take(handed.spec));
}

TEST_CASE("A socket of another port, address, family or type is not taken") {
  HandedOver handed;
  auto spec = handed.spec;
  ++spec.listen.port;
  CHECK_FALSE(handed.sockets.Take(spec));
  spec = handed.spec;
  spec.listen.address = Address("127.0.0.2");
  CHECK_FALSE(handed.sockets.Take(spec));
  spec.listen.address.reset();
  CHECK_FALSE(handed.sockets.Take(spec));
  spec.listen.family = Family::kDual;
  CHECK_FALSE(handed.sockets.Take(spec));
  spec = handed.spec;
  spec.socket_type = SocketType::kDgram;
  CHECK_FALSE(handed.sockets.Take(spec));
  CHECK(handed.sockets.left() == 1);
}

TEST_CASE("What is no socket is closed and not kept") {
  std::vector<UniqueFd> handed;
  handed.push_back(std::move(*sys::OpenRegularFile("/etc/passwd")));
  CHECK(InheritedSockets(std::move(handed)).left() == 0);
}

}  // namespace
}  // namespace postern::daemon
