// SPDX-License-Identifier: BSD-2-Clause
// TLS clients for tls_compare.py: full handshakes, each read to its end, by so many threads for so
// long, and one by each at least. One line of JSON.
//
//   tls_load --port PORT --clients N --milliseconds MS [--version 1.2|1.3]
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Totals {
  std::atomic<unsigned long> connections{0}, failed{0}, bytes{0};
};

int Connect(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  ::close(socket);
  return -1;
}

// False when the client was not served.
bool RunClient(SSL_CTX* context, int port, std::vector<char>& buffer, Totals& totals) {
  const int socket = Connect(port);
  if (socket < 0) return false;
  SSL* const connection = SSL_new(context);
  SSL_set_fd(connection, socket);
  unsigned long bytes = 0;
  if (SSL_connect(connection) == 1) {
    for (;;) {
      const int n = SSL_read(connection, buffer.data(), static_cast<int>(buffer.size()));
      if (n <= 0) break;
      bytes += static_cast<unsigned long>(n);
    }
    SSL_shutdown(connection);
  }
  SSL_free(connection);
  ::close(socket);
  totals.bytes += bytes;
  return bytes != 0;
}

std::string Option(int argc, char** argv, const std::string& name, const std::string& otherwise) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (name == argv[i]) return argv[i + 1];
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const int port = std::stoi(Option(argc, argv, "--port", "0"));
  const int clients = std::stoi(Option(argc, argv, "--clients", "1"));
  const std::chrono::milliseconds time(std::stoi(Option(argc, argv, "--milliseconds", "1000")));
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  const bool old = Option(argc, argv, "--version", "1.3") == "1.2";
  SSL_CTX_set_max_proto_version(context, old ? TLS1_2_VERSION : TLS1_3_VERSION);
  Totals totals;
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      std::vector<char> buffer(256 * 1024);
      do {
        ++(RunClient(context, port, buffer, totals) ? totals.connections : totals.failed);
      } while (Clock::now() - start < time);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("{\"connections\": %lu, \"failed\": %lu, \"bytes\": %lu, \"seconds\": %.6f}\n",
              totals.connections.load(), totals.failed.load(), totals.bytes.load(), seconds);
}
