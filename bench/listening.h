// SPDX-License-Identifier: BSD-2-Clause
// What the bare loops of the comparison have in common: a port from the command line, and a socket
// that listens on it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <string_view>

namespace postern::bench {

// 0 for what is not a number from 1 to 65535.
inline std::uint16_t ParsePort(std::string_view word) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  return error == std::errc() && end == word.data() + word.size() ? port : std::uint16_t{0};
}

// On 127.0.0.1; -1 and errno when it fails. The process keeps the descriptor for as long as it
// lives.
inline int Listen(std::uint16_t port, int extra_flags) {
  // As long a queue as the kernel's usual limit, net.core.somaxconn, permits.
  constexpr int kBacklog = 4096;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | extra_flags, 0);
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool done = listener >= 0 &&
                    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                    bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                    listen(listener, kBacklog) == 0;
  return done ? listener : -1;
}

}  // namespace postern::bench
