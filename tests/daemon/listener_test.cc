// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

#include <filesystem>

#include "sandbox/sys/files.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/testlib/temp_dir.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using policy::Family;
using policy::SocketType;

std::uint16_t PortOf(const Listener& listener) {
  return sys::LocalAddress(listener.socket()).value().port();
}

policy::ServiceSpec Everywhere(Family family) {
  auto spec = Spec();
  spec.listen.family = family;
  spec.listen.address.reset();
  return spec;
}

int Option(const Listener& listener, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  REQUIRE(::getsockopt(listener.socket().get(), level, name, &value, &length) == 0);
  return value;
}

TEST_CASE("Each family is reachable by the addresses it stands for and no others") {
  struct Case {
    Family family;
    bool v4, v6;
  };
  for (const Case& expected :
       {Case{Family::kDual, true, true}, Case{Family::kIpv4, true, false},
        Case{Family::kIpv6, true, true}, Case{Family::kIpv6Only, false, true}}) {
    const auto listener = Listener::Open(Everywhere(expected.family));
    REQUIRE(listener);
    const auto port = PortOf(*listener);
    CHECK(TryConnect(SocketAddressOf("127.0.0.1", port)) == (expected.v4 ? 0 : ECONNREFUSED));
    CHECK(TryConnect(SocketAddressOf("::1", port)) == (expected.v6 ? 0 : ECONNREFUSED));
  }
}

TEST_CASE("An address is bound alone") {
  const auto listener = Listener::Open(Spec());
  REQUIRE(listener);
  CHECK(TryConnect(SocketAddressOf("127.0.0.1", PortOf(*listener))) == 0);
  CHECK(TryConnect(SocketAddressOf("127.0.0.2", PortOf(*listener))) == ECONNREFUSED);
}

TEST_CASE("A taken address is an error that names it") {
  const auto first = Listener::Open(Spec());
  auto spec = Spec();
  spec.listen.port = PortOf(*first);
  const auto second = Listener::Open(spec);
  REQUIRE_FALSE(second);
  CHECK(second.error().number == EADDRINUSE);
  CHECK(second.error().object == "127.0.0.1:" + std::to_string(spec.listen.port));
}

TEST_CASE("A closed listener keeps a port of the kernel's choice too, beside its connections") {
  auto spec = Spec();
  auto socket = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0);
  REQUIRE(sys::Bind(*socket, SocketAddressOf("127.0.0.1", 0)));
  REQUIRE(sys::Listen(*socket, 4));
  auto listener = Listener::Adopt(std::move(*socket), spec);
  const auto port = spec.listen.port = PortOf(listener);
  UniqueFd client;
  REQUIRE(TryConnect(SocketAddressOf("127.0.0.1", port), &client) == 0);
  const auto served = sys::Accept(listener.socket(), false);
  REQUIRE(served);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(listener.Close());
    CHECK(PortOf(listener) == port);
    CHECK(TryConnect(SocketAddressOf("127.0.0.1", port)) == ECONNREFUSED);
    CHECK(Listener::Open(spec).error().number == EADDRINUSE);
    REQUIRE(listener.Reopen());
    CHECK(PortOf(listener) == port);
    CHECK(TryConnect(SocketAddressOf("127.0.0.1", port)) == 0);
  }
}

TEST_CASE("A closed listener refuses, keeps its port, and comes back") {
  auto spec = Spec();
  spec.listen.port = PortOf(*Listener::Open(spec));  // a free one
  auto listener = Listener::Open(spec);
  const auto port = PortOf(*listener);
  const auto address = SocketAddressOf("127.0.0.1", port);
  CHECK(TryConnect(address) == 0);
  REQUIRE(listener->Close());
  CHECK(TryConnect(address) == ECONNREFUSED);
  auto thief = Spec();
  thief.listen.port = port;
  CHECK(Listener::Open(thief).error().number == EADDRINUSE);
  REQUIRE(listener->Reopen());
  CHECK(TryConnect(address) == 0);
}

struct UnixPath {
  testlib::TempDir directory;
  std::string path = directory / "socket";
  SocketAddress address = SocketAddress::Unix(path).value();
  policy::ServiceSpec spec = Spec();
  UnixPath() {
    spec.listen = {};
    spec.listen.family = Family::kUnix;
    spec.listen.unix_path = path;
    spec.listen.unix_owner = 8;
    spec.listen.unix_group = 4;
    spec.listen.unix_mode = 0660;
  }
};

TEST_CASE_METHOD(UnixPath, "A unix socket has owner and mode, and its path goes with it") {
  {
    auto listener = Listener::Open(spec);
    REQUIRE(listener);
    CHECK(TryConnect(address) == 0);
    CHECK(sys::Inspect(path).value().mode == 0660);
    CHECK(sys::Inspect(path).value().uid == 8);
    CHECK(sys::Inspect(path).value().gid == 4);
    const Listener moved(std::move(*listener));
    CHECK(TryConnect(address) == 0);
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE_METHOD(UnixPath, "A unix listener that was closed serves again when it is reopened") {
  auto listener = Listener::Open(spec);
  REQUIRE(listener);
  REQUIRE(listener->Close());
  REQUIRE(listener->Reopen());
  UniqueFd client;
  REQUIRE(TryConnect(address, &client) == 0);
  REQUIRE(Readable(listener->socket()));
  CHECK(sys::Accept(listener->socket(), false));
  // Readable for ever would have the event loop spin.
  CHECK_FALSE(Readable(listener->socket(), 0));
}

TEST_CASE_METHOD(UnixPath, "A socket that a dead server left is replaced, a live one is not") {
  {
    auto dead = sys::MakeSocket(sys::SocketDomain::kUnix, sys::SocketKind::kStream, 0);
    REQUIRE(sys::Bind(*dead, address));
  }
  REQUIRE(std::filesystem::exists(path));
  const auto listener = Listener::Open(spec);
  REQUIRE(listener);
  CHECK(Listener::Open(spec).error().number == EADDRINUSE);
  CHECK(TryConnect(address) == 0);
}

TEST_CASE_METHOD(UnixPath, "A datagram socket that a dead server left is replaced") {
  spec.socket_type = SocketType::kDgram;
  {
    auto dead = sys::MakeSocket(sys::SocketDomain::kUnix, sys::SocketKind::kDgram, 0);
    REQUIRE(sys::Bind(*dead, address));
  }
  const auto listener = Listener::Open(spec);
  REQUIRE(listener);
  CHECK(Listener::Open(spec).error().number == EADDRINUSE);
}

TEST_CASE_METHOD(UnixPath, "Anything else at the path stays where it is") {
  testlib::WriteFile(path, "precious");
  CHECK(Listener::Open(spec).error().number == EADDRINUSE);
  CHECK(testlib::ContentOf(path) == "precious");
  REQUIRE(std::filesystem::remove(path));
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(Listener::Open(spec).error().number == EADDRINUSE);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE_METHOD(UnixPath, "A path whose directory is missing is an error that names it") {
  spec.listen.unix_path = directory / "missing/socket";
  const auto listener = Listener::Open(spec);
  CHECK(listener.error().number == ENOENT);
  CHECK(listener.error().object == spec.listen.unix_path);
}

TEST_CASE_METHOD(UnixPath, "A socket that makes way is put aside and back, over no file there") {
  auto listener = Listener::Open(spec);
  REQUIRE(listener);
  const std::string aside = path + ".leaving";
  {
    auto dead = sys::MakeSocket(sys::SocketDomain::kUnix, sys::SocketKind::kStream, 0);
    REQUIRE(sys::Bind(*dead, SocketAddress::Unix(aside).value()));
  }
  REQUIRE(listener->Yield());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(listener->Reclaim());
  CHECK(TryConnect(address) == 0);
  CHECK_FALSE(std::filesystem::exists(aside));
  testlib::WriteFile(aside, "precious");
  CHECK(listener->Yield().error().number == EEXIST);
  CHECK(TryConnect(address) == 0);
  CHECK(testlib::ContentOf(aside) == "precious");
}

TEST_CASE("What the service asks of its socket is set, and unset by the next configuration") {
  auto spec = Spec();
  spec.nodelay = spec.keepalive = true;
  spec.listen.send_buffer = 20'000;
  auto listener = Listener::Open(spec);
  REQUIRE(listener);
  CHECK(Option(*listener, IPPROTO_TCP, TCP_NODELAY) != 0);
  CHECK(Option(*listener, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(Option(*listener, SOL_SOCKET, SO_SNDBUF) == 40'000);
  spec.nodelay = spec.keepalive = false;
  REQUIRE(listener->Configure(spec));
  CHECK(Option(*listener, IPPROTO_TCP, TCP_NODELAY) == 0);
  CHECK(Option(*listener, SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("A server that gets the socket itself gets it blocking; ours is not") {
  auto spec = Spec();
  const auto ours = Listener::Open(spec);
  CHECK((::fcntl(ours->socket().get(), F_GETFL) & O_NONBLOCK) != 0);
  spec.wait = true;
  const auto theirs = Listener::Open(spec);
  CHECK((::fcntl(theirs->socket().get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("Clients that wait are refused all at once, and the next is heard") {
  auto spec = Spec();
  spec.listen.port = PortOf(*Listener::Open(spec));
  auto listener = Listener::Open(spec);
  REQUIRE(listener);
  const auto address = SocketAddressOf("127.0.0.1", spec.listen.port);
  UniqueFd clients[3];
  for (UniqueFd& client : clients) REQUIRE(TryConnect(address, &client) == 0);
  REQUIRE(listener->RefuseWaiting());
  for (const UniqueFd& client : clients) {
    REQUIRE(Readable(client));
    CHECK(sys::PendingError(client).value() == ECONNRESET);
  }
  CHECK_FALSE(Readable(listener->socket(), 0));
  CHECK(TryConnect(address) == 0);
  CHECK(Readable(listener->socket()));
}

TEST_CASE("A datagram listener is bound and marks its datagrams with the time") {
  const auto listener = Listener::Open(Spec(SocketType::kDgram));
  REQUIRE(listener);
  CHECK(Option(*listener, SOL_SOCKET, SO_TIMESTAMPNS) == 1);
  CHECK(sys::Describe(listener->socket()).value().kind == sys::SocketKind::kDgram);
}

TEST_CASE("One socket serves two services only at the same address and of the same type") {
  auto spec = Spec();
  auto other = Spec();
  other.id = "other";
  other.nodelay = true;
  CHECK(SameSocket(spec, other));
  other.listen.port = 1;
  CHECK_FALSE(SameSocket(spec, other));
  CHECK_FALSE(SameSocket(spec, Spec(SocketType::kDgram)));
}

TEST_CASE("An address is described as an administrator would write it") {
  auto spec = Spec();
  spec.listen.port = 25;
  CHECK(DescribeAddress(spec) == "127.0.0.1:25");
  spec.listen.address = Address("::1");
  CHECK(DescribeAddress(spec) == "[::1]:25");
  spec.listen.address.reset();
  CHECK(DescribeAddress(spec) == "*:25");
  spec.listen.family = Family::kUnix;
  spec.listen.unix_path = "/run/x";
  CHECK(DescribeAddress(spec) == "/run/x");
}

}  // namespace
}  // namespace postern::daemon
