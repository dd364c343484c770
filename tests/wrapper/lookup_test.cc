// SPDX-License-Identifier: BSD-2-Clause
// Names of their own, and the port of ident, are tried in a private network:
// tests/e2e/lookup_test.py.
#include "wrapper/lookup/lookup.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/sys/payload.h"
#include "sandbox/sys/wait.h"
#include "tests/testlib/child.h"
#include "wrapper/lookup/ident_client.h"
#include "wrapper/lookup/name_check.h"
#include "wrapper/lookup/system_lookup.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using namespace std::chrono_literals;
using policy::hosts::Fact;
using sys::SocketAddress;

SocketAddress Loopback(std::uint8_t last, std::uint16_t port) {
  return SocketAddress::Inet({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}, port,
                             true);
}

TEST_CASE("a mapped address is the IPv4 address that it is") {
  const auto mapped = SocketAddress::Inet(Loopback(1, 7).address_bytes(), 7, false);
  CHECK(Unmapped(mapped) == Loopback(1, 7));
  CHECK(Unmapped(Loopback(1, 7)) == Loopback(1, 7));
  CHECK(Unmapped(SocketAddress::AnyV6(7)) == SocketAddress::AnyV6(7));
  CHECK_FALSE(Unmapped(SocketAddress()).known());
}

TEST_CASE("an answer reads back from its bytes, and no part of it does") {
  const NameAnswer answers[] = {{Fact::Known("alpha.example.org"), {}},
                                {Fact::Unknown(), {}},
                                {Fact::Known("paranoid"), {"a != b", ""}}};
  for (const NameAnswer& answer : answers) {
    const std::string bytes = EncodeNameAnswer(answer);
    const NameAnswer again = DecodeNameAnswer(bytes);
    CHECK(again.name.text() == answer.name.text());
    CHECK(again.warnings == answer.warnings);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      CHECK_FALSE(DecodeNameAnswer(std::string_view(bytes).substr(0, length)).name.known());
    }
  }
  CHECK_FALSE(DecodeNameAnswer("whole").name.known());
}

TEST_CASE("what is no address has no name") {
  CHECK_FALSE(CheckedName(SocketAddress()).name.known());
  CHECK_FALSE(CheckedName(SocketAddress::Unix("/run/x").value()).name.known());
}

TEST_CASE("a lookup leaves neither child nor descriptor") {
  const auto before = testlib::OpenDescriptors();
  SystemLookup lookup;
  CHECK(lookup.NameOf(Loopback(1, 7)).warnings.size() <= 1);
  CHECK_FALSE(lookup.InNetgroup("postern-no-such-group", "localhost"));
  CHECK(testlib::OpenDescriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG | __WALL) == -1);
}

TEST_CASE("a lookup that is not done in time is unknown, and says so") {
  SystemLookup lookup(0ms);
  const NameAnswer answer = lookup.NameOf(Loopback(1, 7));
  if (!answer.warnings.empty()) {
    CHECK_FALSE(answer.name.known());
    CHECK(answer.warnings[0].starts_with("can't look up hostname: "));
  }
}

// An ident server for one question, on a port of its own.
class IdentServer {
 public:
  explicit IdentServer(std::string reply, bool hang = false) {
    socket_ = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0).value();
    REQUIRE(sys::Bind(socket_, Loopback(1, 0)));
    REQUIRE(sys::Listen(socket_, 1));
    REQUIRE(sys::SetNonblocking(socket_, false));
    thread_ = std::thread([this, reply = std::move(reply), hang] { Serve(reply, hang); });
  }
  ~IdentServer() { Join(); }
  std::uint16_t port() const { return sys::LocalAddress(socket_).value().port(); }
  void Join() {
    if (!thread_.joinable()) return;
    sys::IgnoreError(sys::StopListening(socket_), "it may have served already");
    thread_.join();
  }
  std::string question;
  SocketAddress asker;

 private:
  void Serve(const std::string& reply, bool hang) {
    auto accepted = sys::Accept(socket_, false);
    if (!accepted) return;
    asker = accepted->peer;
    char buffer[64];
    const auto length = ::read(accepted->socket.get(), buffer, sizeof buffer);
    if (length > 0) question.assign(buffer, static_cast<std::size_t>(length));
    // Byte by byte, as a slow network has it; the asker may hang up in between.
    for (const char byte : reply) {
      if (::send(accepted->socket.get(), &byte, 1, MSG_NOSIGNAL) != 1) return;
    }
    // Until the asker has gone.
    while (hang && ::read(accepted->socket.get(), buffer, sizeof buffer) > 0) {
    }
  }

  sys::UniqueFd socket_;
  std::thread thread_;
};

std::string Ask(IdentServer& server, std::chrono::milliseconds deadline = 10s) {
  const Fact user = AskIdent(Loopback(1, 4711), Loopback(2, 22), deadline, server.port());
  server.Join();
  return user.text();
}

TEST_CASE("the ident server is asked from the connection's own address, for its two ports") {
  IdentServer server("4711, 22 : USERID : UNIX : bob\r\n");
  CHECK(Ask(server) == "bob");
  CHECK(server.question == "4711,22\r\n");
  CHECK(server.asker.address_bytes() == Loopback(2, 0).address_bytes());
}

TEST_CASE("a reply without its end, with an error or for other ports is nobody") {
  for (const char* reply : {"4711, 22 : USERID : UNIX : bob", "4711, 22 : ERROR : NO-USER\r\n",
                            "22, 4711 : USERID : UNIX : bob\r\n", ""}) {
    INFO(reply);
    IdentServer server(reply);
    CHECK(Ask(server) == "unknown");
  }
}

TEST_CASE("a reply that is too long is taken as far as it goes, and no further") {
  IdentServer server("4711,22:USERID:UNIX:" + std::string(100'000, 'x'), true);
  CHECK(Ask(server) == std::string(127, 'x'));
}

TEST_CASE("a server that says nothing is left at the deadline") {
  IdentServer server("4711, 22 : USER", true);
  const sys::Deadline total(10s);
  CHECK(Ask(server, 50ms) == "unknown");
  CHECK(total.left() > 0ms);
}

TEST_CASE("nobody is asked without two addresses of one family, and nobody may listen") {
  const auto unused = [] {
    IdentServer server("");
    return server.port();
  }();
  CHECK(AskIdent(Loopback(1, 1), Loopback(2, 2), 10s, unused).text() == "unknown");
  CHECK(AskIdent(Loopback(1, 1), SocketAddress::AnyV6(2), 10s, unused).text() == "unknown");
  CHECK(AskIdent(SocketAddress(), SocketAddress(), 10s, unused).text() == "unknown");
}

}  // namespace
}  // namespace postern::wrapper
