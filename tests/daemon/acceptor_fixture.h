// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the acceptor share: service descriptions on loopback, and clients.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/event_loop.h"
#include "policy/service/service_spec.h"
#include "sandbox/launch.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

using sandbox::sys::SocketAddress;
using sandbox::sys::UniqueFd;

inline policy::IpAddress Address(const std::string& text) {
  return *policy::IpAddress::Parse(text);
}

inline SocketAddress SocketAddressOf(const std::string& text, std::uint16_t port) {
  const auto address = Address(text);
  return SocketAddress::Inet(address.bytes(), port, address.is_v4());
}

// A program on 127.0.0.1 and a port of the kernel's choice.
inline policy::ServiceSpec Spec(policy::SocketType type = policy::SocketType::kStream) {
  policy::ServiceSpec spec;
  spec.id = spec.name = "test";
  spec.socket_type = type;
  spec.listen.family = policy::Family::kIpv4;
  spec.listen.address = Address("127.0.0.1");
  spec.program.path = "/bin/true";
  spec.program.argv = {"true"};
  policy::Confinement none;
  none.profile = policy::SandboxProfile::kNone;
  spec.confinement = std::make_shared<const policy::Confinement>(std::move(none));
  return spec;
}

inline std::shared_ptr<const policy::ServiceSpec> Shared(policy::ServiceSpec spec) {
  return std::make_shared<const policy::ServiceSpec>(std::move(spec));
}

// errno of a blocking connect, or 0.
inline int TryConnect(const SocketAddress& to, UniqueFd* client = nullptr) {
  const int family = to.is_unix() ? AF_UNIX : to.is_v4() ? AF_INET : AF_INET6;
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto connected = sandbox::sys::Connect(socket, to);
  if (client != nullptr) *client = std::move(socket);
  return connected ? 0 : connected.error().number;
}

inline bool Readable(const UniqueFd& fd, int ms = 5000) {
  pollfd wait{fd.get(), POLLIN, 0};
  return ::poll(&wait, 1, ms) == 1;
}

// The one this process can have. Whatever started the tests may have left its numbers open.
inline sandbox::Launcher& TheLauncher() {
  static const std::unique_ptr<sandbox::Launcher> launcher = [] {
    REQUIRE(sandbox::sys::CloseFrom(sandbox::Launcher::kReportDescriptor));
    auto made = sandbox::Launcher::Make();
    REQUIRE(made);
    return std::move(*made);
  }();
  return *launcher;
}

// To be made first, since it closes whatever descriptors there are.
struct LauncherFixture {
  sandbox::Launcher& launcher = TheLauncher();
};

// Turns until `done` holds; a test that waits ten seconds has failed.
template <typename Condition>
void TurnUntil(EventLoop& loop, const Condition& done) {
  bool late = false;
  auto timer = loop.After(std::chrono::seconds(10), [&late] { late = true; });
  while (!done() && !late) REQUIRE(loop.Turn());
  loop.Cancel(timer);
  REQUIRE_FALSE(late);
}

inline void TurnFor(EventLoop& loop, int ms) {
  bool over = false;
  loop.After(std::chrono::milliseconds(ms), [&over] { over = true; });
  while (!over) REQUIRE(loop.Turn());
}

}  // namespace postern::daemon
