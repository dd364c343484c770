// SPDX-License-Identifier: BSD-2-Clause
//
// accept_close PORT: accepts on 127.0.0.1 and closes at once, for ever. Nothing that refuses
// connections one at a time can be faster, so compare.py measures refusals against it.
// Exit 1 when it cannot listen, 2 for a wrong command line.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace {

// As long a queue as the kernel's usual limit, net.core.somaxconn, permits.
constexpr int kBacklog = 4096;

int Listen(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, kBacklog) != 0) {
    std::perror("accept_close");
    return -1;
  }
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc == 2 ? argv[1] : "";
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  if (error != std::errc() || end != word.data() + word.size() || port == 0) {
    std::fputs("usage: accept_close PORT\n", stderr);
    return 2;
  }
  const int listener = Listen(port);
  if (listener < 0) return 1;
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) close(client);
  }
}
