// SPDX-License-Identifier: BSD-2-Clause
//
// accept_close PORT [COUNT]: accepts on 127.0.0.1 and closes at once, for ever. Nothing that
// refuses connections one at a time can be faster, so compare.py measures refusals against it. With
// COUNT above 1 it listens on so many successive ports, and asks epoll which of them has a client.
// Exit 1 when a call fails, 2 for a wrong command line.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "bench/listening.h"

namespace {

using postern::bench::Listen;
using postern::bench::ParsePort;

void AcceptFromOne(int listener) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) close(client);
  }
}

void AcceptAll(int listener) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    close(client);
  }
}

bool AcceptFromMany(std::uint16_t port, std::uint16_t count) {
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  for (int number = port; number < port + count; ++number) {
    const int listener = Listen(static_cast<std::uint16_t>(number), SOCK_NONBLOCK);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
    if (listener < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) return false;
  }
  std::array<epoll_event, 64> events;
  for (;;) {
    const int ready = epoll_wait(poller, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) AcceptAll(events[static_cast<std::size_t>(i)].data.fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint16_t port = argc == 2 || argc == 3 ? ParsePort(argv[1]) : 0;
  const std::uint16_t count = argc == 3 ? ParsePort(argv[2]) : 1;
  if (port == 0 || count == 0 || port + count - 1 > 65535) {
    std::fputs("usage: accept_close PORT [COUNT]\n", stderr);
    return 2;
  }
  if (count > 1) {
    AcceptFromMany(port, count);
  } else if (const int listener = Listen(port, 0); listener >= 0) {
    AcceptFromOne(listener);
  }
  std::perror("accept_close");
  return 1;
}
