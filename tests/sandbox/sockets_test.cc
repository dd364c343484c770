// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/sockets.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "sandbox/sys/files.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/process.h"
#include "tests/testlib/temp_dir.h"

namespace postern::sandbox::sys {
namespace {

constexpr std::array<std::uint8_t, 16> kLoopback4 = {0, 0, 0,    0,    0,   0, 0, 0,
                                                     0, 0, 0xff, 0xff, 127, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0,
                                                     0, 0, 0, 0, 0, 0, 0, 1};

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Bound to a free port of the kernel's choice, but by its number: only then does a socket keep it
// (SOCK_BINDPORT_LOCK in the kernel), as that of a service does.
UniqueFd Bound(SocketDomain domain, SocketKind kind) {
  const bool v4 = domain == SocketDomain::kInet4;
  auto address = SocketAddress::Inet(v4 ? kLoopback4 : kLoopback6, 0, v4);
  for (;;) {
    auto socket = MakeSocket(domain, kind, 0);
    REQUIRE(socket);
    REQUIRE(SetReuseAddress(*socket, true));
    REQUIRE(Bind(*socket, address));
    if (address.port() != 0) return std::move(*socket);
    address = LocalAddress(*socket).value();
  }
}

UniqueFd Listening(SocketDomain domain) {
  UniqueFd socket = Bound(domain, SocketKind::kStream);
  REQUIRE(Listen(socket, 16));
  return socket;
}

bool Readable(const UniqueFd& fd) {
  pollfd wait{fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, 5000) == 1;
}

// A blocking connect; errno of its failure, or 0.
int TryConnect(const SocketAddress& to, UniqueFd* client = nullptr) {
  const int family = to.is_unix() ? AF_UNIX : to.is_v4() ? AF_INET : AF_INET6;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto connected = Connect(socket, to);
  if (client != nullptr) *client = std::move(socket);
  return connected ? 0 : connected.error().number;
}

TEST_CASE("An IPv4 address comes back as its mapped bytes and its port") {
  const auto address = SocketAddress::Inet(kLoopback4, 25, true);
  CHECK(address.known());
  CHECK(address.is_inet());
  CHECK(address.is_v4());
  CHECK(address.address_bytes() == kLoopback4);
  CHECK(address.port() == 25);
}

TEST_CASE("An IPv6 address comes back as it was, mapped or not") {
  const auto mapped = SocketAddress::Inet(kLoopback4, 25, false);
  CHECK(mapped.is_inet());
  CHECK_FALSE(mapped.is_v4());
  CHECK(mapped.address_bytes() == kLoopback4);
  CHECK(SocketAddress::Inet(kLoopback6, 65535, false).address_bytes() == kLoopback6);
  CHECK(SocketAddress::Inet(kLoopback6, 65535, false).port() == 65535);
}

TEST_CASE("Addresses are equal when family, address and port are") {
  const auto address = SocketAddress::Inet(kLoopback4, 25, true);
  CHECK(address == SocketAddress::Inet(kLoopback4, 25, true));
  CHECK_FALSE(address == SocketAddress::Inet(kLoopback4, 26, true));
  CHECK_FALSE(address == SocketAddress::Inet(kLoopback4, 25, false));
  CHECK_FALSE(address == SocketAddress());
}

TEST_CASE("An address that nobody told is of no family") {
  const SocketAddress unknown;
  CHECK_FALSE(unknown.known());
  CHECK_FALSE(unknown.is_inet());
  CHECK_FALSE(unknown.is_unix());
}

TEST_CASE("A path of sockaddr_un's length or more is refused, as is an empty one") {
  CHECK(SocketAddress::Unix(std::string(107, 'x')).value().unix_path() == std::string(107, 'x'));
  CHECK(SocketAddress::Unix(std::string(108, 'x')).error().number == ENAMETOOLONG);
  // An empty name would bind an abstract address (unix(7), autobind).
  CHECK_FALSE(SocketAddress::Unix(""));
}

TEST_CASE("A socket is born nonblocking and is not passed on") {
  const auto socket = MakeSocket(SocketDomain::kInet6, SocketKind::kDgram, 0);
  REQUIRE(socket);
  CHECK(::fcntl(socket->get(), F_GETFD) == FD_CLOEXEC);
  CHECK((::fcntl(socket->get(), F_GETFL) & O_NONBLOCK) != 0);
  REQUIRE(SetNonblocking(*socket, false));
  CHECK((::fcntl(socket->get(), F_GETFL) & O_NONBLOCK) == 0);
  REQUIRE(SetNonblocking(*socket, true));
  CHECK((::fcntl(socket->get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK(SetNonblocking(UniqueFd(), true).error().number == EBADF);
}

TEST_CASE("A client is accepted with its address, in the mode asked for") {
  const auto domain = GENERATE(SocketDomain::kInet4, SocketDomain::kInet6);
  const UniqueFd listener = Listening(domain);
  CHECK(Accept(listener, false).error().number == EAGAIN);
  for (const bool nonblocking : {false, true}) {
    UniqueFd client;
    REQUIRE(TryConnect(LocalAddress(listener).value(), &client) == 0);
    REQUIRE(Readable(listener));
    const auto accepted = Accept(listener, nonblocking);
    REQUIRE(accepted);
    CHECK(accepted->peer == LocalAddress(client).value());
    CHECK(PeerAddress(client).value() == LocalAddress(listener).value());
    CHECK(::fcntl(accepted->socket.get(), F_GETFD) == FD_CLOEXEC);
    CHECK(((::fcntl(accepted->socket.get(), F_GETFL) & O_NONBLOCK) != 0) == nonblocking);
  }
}

TEST_CASE("Peeking leaves a datagram, tells it from the next and drops exactly one") {
  const auto domain = GENERATE(SocketDomain::kInet4, SocketDomain::kInet6);
  const UniqueFd server = Bound(domain, SocketKind::kDgram);
  const UniqueFd client = Bound(domain, SocketKind::kDgram);
  REQUIRE(SetReceiveTimestamps(server));
  CHECK(PeekDatagram(server).error().number == EAGAIN);
  CHECK(DropDatagram(server).error().number == EAGAIN);

  const SocketAddress to = LocalAddress(server).value();
  for (const std::string text : {"same", "same", "third!"}) {
    REQUIRE(SendDatagram(client, to, Bytes(text)));
  }
  REQUIRE(Readable(server));
  const auto first = PeekDatagram(server);
  REQUIRE(first);
  CHECK(first->sender == LocalAddress(client).value());
  CHECK(first->length == 4);
  CHECK(first->timestamp_ns != 0);
  CHECK(PeekDatagram(server).value() == *first);

  REQUIRE(DropDatagram(server));
  const auto second = PeekDatagram(server);
  REQUIRE(second);
  CHECK(second->sender == first->sender);
  CHECK(second->length == first->length);
  CHECK_FALSE(*second == *first);

  REQUIRE(DropDatagram(server));
  std::array<std::byte, 16> buffer{};
  CHECK(ReceiveDatagram(server, buffer).value().length == 6);
  CHECK(std::memcmp(buffer.data(), "third!", 6) == 0);
  CHECK(PeekDatagram(server).error().number == EAGAIN);
}

TEST_CASE("An empty datagram is one too") {
  const UniqueFd server = Bound(SocketDomain::kInet4, SocketKind::kDgram);
  const UniqueFd client = Bound(SocketDomain::kInet4, SocketKind::kDgram);
  REQUIRE(SendDatagram(client, LocalAddress(server).value(), {}));
  REQUIRE(Readable(server));
  CHECK(PeekDatagram(server).value().length == 0);
  REQUIRE(DropDatagram(server));
  CHECK(PeekDatagram(server).error().number == EAGAIN);
}

TEST_CASE("A listener that stops refuses clients and keeps its port") {
  const auto domain = GENERATE(SocketDomain::kInet4, SocketDomain::kInet6);
  const UniqueFd listener = Listening(domain);
  const SocketAddress address = LocalAddress(listener).value();
  CHECK(IsListening(listener));
  CHECK(TryConnect(address) == 0);

  REQUIRE(SetReuseAddress(listener, false));
  REQUIRE(StopListening(listener));
  CHECK_FALSE(IsListening(listener));
  CHECK(TryConnect(address) == ECONNREFUSED);
  CHECK(LocalAddress(listener).value() == address);
  const auto thief = MakeSocket(domain, SocketKind::kStream, 0);
  REQUIRE(SetReuseAddress(*thief, true));
  CHECK(Bind(*thief, address).error().number == EADDRINUSE);

  REQUIRE(SetReuseAddress(listener, true));
  REQUIRE(Listen(listener, 16));
  CHECK(TryConnect(address) == 0);
}

// The reason for SetReuseAddress(false) above.
TEST_CASE("A stopped listener that still allows reuse can be bound over") {
  const UniqueFd listener = Listening(SocketDomain::kInet4);
  REQUIRE(StopListening(listener));
  const auto other = MakeSocket(SocketDomain::kInet4, SocketKind::kStream, 0);
  REQUIRE(SetReuseAddress(*other, true));
  CHECK(Bind(*other, LocalAddress(listener).value()));
}

TEST_CASE("A unix socket whose reading is shut down gives what has come, and ends") {
  const auto pair = MakeStreamPair();
  REQUIRE(pair);
  const std::array<std::byte, 3> said{};
  REQUIRE(SendSome(pair->theirs, said) == 3U);
  REQUIRE(ShutdownRead(pair->ours));
  std::array<std::byte, 8> room{};
  CHECK(ReceiveSome(pair->ours, room) == 3U);
  CHECK(ReceiveSome(pair->ours, room) == 0U);
  CHECK(SendSome(pair->theirs, said).error().number == EPIPE);
}

TEST_CASE("A unix socket is bound with owner and mode as asked") {
  const testlib::TempDir directory;
  const std::string path = directory / "socket";
  const auto address = SocketAddress::Unix(path).value();
  const auto socket = MakeSocket(SocketDomain::kUnix, SocketKind::kStream, 0);
  const mode_t umask = ::umask(022);
  REQUIRE(BindUnix(*socket, address, path, 8, 4, 0620));
  CHECK(::umask(umask) == 022);
  const auto kind = Inspect(path);
  REQUIRE(kind);
  CHECK(kind->mode == 0620);
  CHECK(kind->uid == 8);
  CHECK(kind->gid == 4);
  REQUIRE(Listen(*socket, 4));
  CHECK(TryConnect(address) == 0);
  CHECK(LocalAddress(*socket).value().is_unix());
  CHECK(LocalAddress(*socket).value().unix_path() == path);
}

TEST_CASE("A unix path that is taken is refused by name") {
  const testlib::TempDir directory;
  const std::string path = directory / "socket";
  testlib::WriteFile(path, "mine");
  const auto socket = MakeSocket(SocketDomain::kUnix, SocketKind::kStream, 0);
  const auto bound = BindUnix(*socket, SocketAddress::Unix(path).value(), path, 0, 0, 0666);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().number == EADDRINUSE);
  CHECK(bound.error().object == path);
  CHECK(testlib::ContentOf(path) == "mine");
}

TEST_CASE("A socket describes itself, anything else is told apart") {
  const auto stream = Describe(Listening(SocketDomain::kInet4)).value();
  CHECK(stream.kind == SocketKind::kStream);
  CHECK(stream.local.is_v4());
  CHECK(stream.local.port() != 0);
  CHECK(Describe(Bound(SocketDomain::kInet6, SocketKind::kDgram)).value().kind ==
        SocketKind::kDgram);
  const auto seqpacket = MakeSocket(SocketDomain::kUnix, SocketKind::kSeqpacket, 0);
  CHECK(Describe(*seqpacket).value().kind == SocketKind::kSeqpacket);
  CHECK(Describe(*OpenRegularFile("/etc/passwd")).error().number == ENOTSOCK);
  CHECK_FALSE(IsListening(*OpenRegularFile("/etc/passwd")));
}

int Option(const UniqueFd& socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  REQUIRE(::getsockopt(socket.get(), level, name, &value, &length) == 0);
  return value;
}

TEST_CASE("Options are set on the socket, both ways") {
  const auto socket = MakeSocket(SocketDomain::kInet6, SocketKind::kStream, 0);
  for (const bool on : {true, false}) {
    REQUIRE(SetV6Only(*socket, on));
    REQUIRE(SetKeepalive(*socket, on));
    REQUIRE(SetNoDelay(*socket, on));
    CHECK(Option(*socket, 41 /* IPPROTO_IPV6 */, 26 /* IPV6_V6ONLY */) == (on ? 1 : 0));
    CHECK(Option(*socket, SOL_SOCKET, SO_KEEPALIVE) == (on ? 1 : 0));
    CHECK((Option(*socket, 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */) != 0) == on);
  }
  REQUIRE(SetBufferSizes(*socket, 20'000, std::nullopt));
  CHECK(Option(*socket, SOL_SOCKET, SO_SNDBUF) == 40'000);  // the kernel doubles it (socket(7))
  REQUIRE(SetBufferSizes(*socket, std::nullopt, 30'000));
  CHECK(Option(*socket, SOL_SOCKET, SO_RCVBUF) == 60'000);
  CHECK_FALSE(SetNoDelay(*MakeSocket(SocketDomain::kInet4, SocketKind::kDgram, 0), true));
}

TEST_CASE("An IPv4 client of an IPv6 listener can get an IPv4 socket") {
  const auto listener = MakeSocket(SocketDomain::kInet6, SocketKind::kStream, 0);
  REQUIRE(SetV6Only(*listener, false));
  REQUIRE(Bind(*listener, SocketAddress::AnyV6(0)));
  REQUIRE(Listen(*listener, 4));
  const auto port = LocalAddress(*listener).value().port();
  UniqueFd client;
  REQUIRE(TryConnect(SocketAddress::Inet(kLoopback4, port, true), &client) == 0);
  REQUIRE(Readable(*listener));
  const auto accepted = Accept(*listener, false);
  CHECK_FALSE(PeerAddress(accepted->socket).value().is_v4());
  REQUIRE(TurnIntoIpv4(accepted->socket));
  CHECK(PeerAddress(accepted->socket).value().is_v4());
  CHECK(PeerAddress(accepted->socket).value() == LocalAddress(client).value());

  UniqueFd v6_client;
  REQUIRE(TryConnect(SocketAddress::Inet(kLoopback6, port, false), &v6_client) == 0);
  REQUIRE(Readable(*listener));
  CHECK_FALSE(TurnIntoIpv4(Accept(*listener, false)->socket));
}

TEST_CASE("Sending takes what fits, never blocks and raises no signal") {
  const UniqueFd listener = Listening(SocketDomain::kInet4);
  UniqueFd client;
  REQUIRE(TryConnect(LocalAddress(listener).value(), &client) == 0);
  REQUIRE(Readable(listener));
  auto accepted = Accept(listener, false);
  const std::string block(1 << 20, 'x');
  Result<std::size_t> sent = 0;
  for (int i = 0; i < 100 && sent; ++i) sent = SendSome(accepted->socket, Bytes(block));
  REQUIRE_FALSE(sent);
  CHECK(sent.error().number == EAGAIN);
  client.Reset();  // unread bytes: the peer is reset
  REQUIRE(Readable(accepted->socket));
  CHECK(PendingError(accepted->socket).value() == ECONNRESET);
  CHECK(SendSome(accepted->socket, Bytes("x")).error().number == EPIPE);
}

TEST_CASE("Lingering is set in seconds, and 0 turns it off") {
  const auto socket = MakeSocket(SocketDomain::kInet4, SocketKind::kStream, 0);
  const auto lingers = [&socket] {
    linger value{};
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket->get(), SOL_SOCKET, SO_LINGER, &value, &size) == 0);
    return value.l_onoff == 0 ? -1 : value.l_linger;
  };
  REQUIRE(SetLinger(*socket, 3));
  CHECK(lingers() == 3);
  REQUIRE(SetLinger(*socket, 0));
  CHECK(lingers() == -1);
  CHECK(SetLinger(MakePipe(false)->read_end, 3).error().number == ENOTSOCK);
}

TEST_CASE("An address with another port is the same address") {
  for (const auto& address :
       {SocketAddress::Inet(kLoopback4, 7, true), SocketAddress::Inet(kLoopback6, 7, false)}) {
    CHECK(address.WithPort(113).port() == 113);
    CHECK(address.WithPort(113).address_bytes() == address.address_bytes());
    CHECK(address.WithPort(7) == address);
  }
}

TEST_CASE("After ending its side a socket can still receive") {
  const UniqueFd listener = Listening(SocketDomain::kInet4);
  UniqueFd client;
  REQUIRE(TryConnect(LocalAddress(listener).value(), &client) == 0);
  REQUIRE(Readable(listener));
  const auto accepted = Accept(listener, false);
  REQUIRE(ShutdownWrite(client));
  std::array<std::byte, 4> buffer{};
  REQUIRE(Readable(accepted->socket));
  CHECK(ReceiveSome(accepted->socket, buffer).value() == 0);
  CHECK(SendSome(accepted->socket, Bytes("late")).value() == 4);
  REQUIRE(Readable(client));
  CHECK(ReceiveSome(client, buffer).value() == 4);
  const auto unconnected = MakeSocket(SocketDomain::kInet4, SocketKind::kStream, 0);
  CHECK(ShutdownWrite(*unconnected).error().number == ENOTCONN);
}

}  // namespace
}  // namespace postern::sandbox::sys
