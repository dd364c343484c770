// SPDX-License-Identifier: BSD-2-Clause
// What most tests of postern-tls begin with: a service, and a client of it that is through with
// its handshake.
#pragma once

#include <chrono>

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {

inline TlsSession::Patience Lingering(std::chrono::milliseconds how_long) {
  TlsSession::Patience patience;
  patience.linger = how_long;
  return patience;
}

struct Opening {
  TlsSession::Patience patience = {};
  testlib::CertificateWish certificate = {};
  TlsUnderTest::Wish service = {};
  // Of the one client.
  ConnectionEnds (*connection)() = UnixConnection;
  std::uint32_t idle = 0;
};

// Service 1, of one certificate.
class OneService : public TlsUnderTest {
 public:
  explicit OneService(const Opening& opening = {})
      : TlsUnderTest(LimitsOf(opening.patience)), certificate_(opening.certificate) {
    REQUIRE(IsGood(AddService(1, {&certificate_}, opening.service)));
  }

 private:
  TestCertificate certificate_;
};

// And session 1, of which posternd has heard.
class ServedClient : public OneService {
 public:
  explicit ServedClient(const Opening& opening = {}) : OneService(opening) {
    program = Begin(1, 1, client.Open(opening.connection()), opening.idle);
    Shake(client);
  }

  TlsClient client;
  UniqueFd program;
};

}  // namespace postern::daemon
