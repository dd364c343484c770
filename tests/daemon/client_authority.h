// SPDX-License-Identifier: BSD-2-Clause
// Clients with certificates, for the tests of postern-tls.
#pragma once

#include "tests/daemon/served_client.h"

namespace postern::daemon {

struct ClientAuthority {
  TestCertificate authority{{.common_name = "clients", .authority = true}};
  TestCertificate good{{.common_name = "alice", .names = {"DNS:alice.test", "email:a@x.test"}},
                       &authority};
};

// A service whose clients show certificates of these authorities.
inline TlsUnderTest::Wish Trusting(const std::string& authorities,
                                   WireVerify verify = WireVerify::kRequire) {
  TlsUnderTest::Wish wish;
  wish.ask.verify = verify;
  wish.authorities = authorities;
  return wish;
}

inline void Present(TlsClient& client, const TestCertificate& certificate) {
  SSL_CTX_set_security_level(client.context(), 0);  // it shows what it was told to
  REQUIRE(SSL_CTX_use_certificate(client.context(), certificate.certificate()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(client.context(), certificate.key()) == 1);
}

}  // namespace postern::daemon
