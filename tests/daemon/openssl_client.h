// SPDX-License-Identifier: BSD-2-Clause
// A client that speaks TLS, made of OpenSSL and none of our own.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "daemon/free_by.h"
#include "daemon/tls/tls_service.h"
#include "tests/daemon/connections.h"

namespace postern::daemon {

using KeptSession = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

// A client of OpenSSL's own, on a blocking socket.
class TlsClient {
 public:
  // Of that version at most; 0: whatever OpenSSL has.
  explicit TlsClient(int version = 0) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_set_max_proto_version(context_.get(), version);
  }
  SSL_CTX* context() { return context_.get(); }
  SSL* ssl() { return ssl_.get(); }

  // The end that postern-tls gets.
  UniqueFd Open(ConnectionEnds ends = UnixConnection()) {
    auto [near, far] = std::move(ends);
    socket_ = std::move(near);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_.get());
    return std::move(far);
  }
  // What it keeps of its session.
  KeptSession Keep() { return KeptSession(SSL_get1_session(ssl_.get())); }
  // Null: it begins anew.
  void Resume(const KeptSession& kept) { SSL_set_session(ssl_.get(), kept.get()); }
  // Null: it names nobody.
  void Name(const char* host) {
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host));
  }
  bool Connect() { return SSL_connect(ssl_.get()) == 1; }
  bool Write(const std::string& text) {
    return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
           static_cast<int>(text.size());
  }
  // Up to the close_notify; "<cut>" when it does not come.
  std::string ReadToClose() {
    std::string all;
    char piece[65536];
    for (;;) {
      const int n = SSL_read(ssl_.get(), piece, sizeof piece);
      if (n <= 0)
        return SSL_get_error(ssl_.get(), n) == SSL_ERROR_ZERO_RETURN ? all : all + "<cut>";
      all.append(piece, static_cast<std::size_t>(n));
    }
  }
  std::string Read(std::size_t count) {
    std::string all(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      const int n = SSL_read(ssl_.get(), all.data() + have, static_cast<int>(count - have));
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    all.resize(have);
    return all;
  }
  void HalfClose() { SSL_shutdown(ssl_.get()); }
  void Vanish() { socket_.Reset(); }
  UniqueFd& socket() { return socket_; }

 private:
  std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>> context_;
  UniqueFd socket_;
  Connection ssl_;
};

}  // namespace postern::daemon
