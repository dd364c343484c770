// SPDX-License-Identifier: BSD-2-Clause
//
// accept_tls PORT CERTIFICATE KEY: handshakes on 127.0.0.1, for ever, and says one line to each
// client. It starts no service, keeps the key beside what strangers send, decides and records
// nothing: no server that leaves TLS to the same library can be faster, so tls_compare.py measures
// against it. Exit 1 when a call fails, 2 for a wrong command line.
#include <openssl/ssl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/listening.h"

namespace {

using postern::bench::Listen;
using postern::bench::ParsePort;

constexpr int kClientsAtATime = 16;  // as many as tls_compare.py has

void Serve(SSL_CTX* context, int listener) {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    SSL* const connection = SSL_new(context);
    SSL_set_fd(connection, client);
    if (SSL_accept(connection) == 1 && SSL_write(connection, ".\n", 2) == 2) {
      SSL_shutdown(connection);
    }
    SSL_free(connection);
    close(client);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint16_t port = argc == 4 ? ParsePort(argv[1]) : std::uint16_t{0};
  if (port == 0) {
    std::fputs("usage: accept_tls PORT CERTIFICATE KEY\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  const bool loaded = SSL_CTX_use_certificate_chain_file(context, argv[2]) == 1 &&
                      SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) == 1;
  const int listener = loaded ? Listen(port, 0) : -1;
  if (listener < 0) {
    std::fputs("accept_tls: the certificate, the key or the port cannot be used\n", stderr);
    return 1;
  }
  std::vector<std::jthread> servers;
  for (int i = 0; i < kClientsAtATime; ++i) servers.emplace_back(Serve, context, listener);
  return 0;
}
