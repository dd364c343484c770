// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/puppets.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "sandbox/channel.h"

namespace postern::fuzz {

namespace sys = sandbox::sys;

namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::cerr << "puppets: " << what << '\n';
  std::abort();
}

std::string ListenersName() { return "postern-fuzz-" + std::to_string(::getpid()); }

const sys::UniqueFd& Listener() {
  static const sys::UniqueFd kListener = [] {
    sys::UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = ListenersName();
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    Require(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0,
            "bind");
    Require(::listen(listener.get(), 16) == 0, "listen");
    return listener;
  }();
  return kListener;
}

void AwaitReadable(const sys::UniqueFd& fd) {
  pollfd wait{fd.get(), POLLIN, 0};
  Require(::poll(&wait, 1, 20000) == 1, "a puppet does not start");
}

}  // namespace

std::vector<std::string> PuppetCommand() {
  Listener();
  return {PUPPET_HELPER, ListenersName()};
}

Puppet AwaitPuppet() {
  AwaitReadable(Listener());
  Puppet puppet;
  puppet.control = sys::UniqueFd(::accept4(Listener().get(), nullptr, nullptr, SOCK_CLOEXEC));
  AwaitReadable(puppet.control);
  std::array<std::byte, sizeof(sockaddr_un::sun_path)> frame;
  auto received = sandbox::ReceiveFrame(puppet.control, frame);
  Require(received && received->descriptor_count == 1, "what a puppet says first");
  puppet.channel = std::move(received->descriptors[0]);
  ucred peer{};
  socklen_t length = sizeof peer;
  Require(::getsockopt(puppet.control.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0,
          "SO_PEERCRED");
  puppet.pid = peer.pid;
  return puppet;
}

}  // namespace postern::fuzz
