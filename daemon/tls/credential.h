// SPDX-License-Identifier: BSD-2-Clause
// One certificate of a service: its chain, the key that postern-keys has for it, and the OCSP
// response that goes with it (RFC 6066 section 8, "stapling").
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/tls/pem_file.h"
#include "daemon/tls_protocol.h"

namespace postern::daemon {

class Credential {
 public:
  // `staple` is null where there is none. All that is wrong is added to `found`; with `judged` no
  // time is, and a response whose time is over is taken, and not sent. nullopt where there is
  // nothing to serve at all.
  static std::optional<Credential> Load(KeyIndex key, const sandbox::sys::UniqueFd& certificates,
                                        const sandbox::sys::UniqueFd* staple, bool judged,
                                        WireCredential& found);

  // Whether the certificate is for the host (RFC 6125: names of hosts, else the common name).
  bool IsFor(const std::string& host) const;
  // The first of those; certificates that share it stand for each other.
  const std::string& name() const { return name_; }
  int kind() const;  // of the key, as EVP_PKEY_get_id(3) numbers it
  bool Install(SSL* connection) const;
  bool Install(SSL_CTX* context) const;
  bool Has(const X509* certificate) const { return certificate == certificate_.get(); }
  // Empty where there is none, or its time is over.
  const std::string& staple() const;

 private:
  Credential() = default;
  // What is wrong with it.
  std::optional<CredentialFlaw> LoadStaple(const sandbox::sys::UniqueFd& file, bool judged);
  const X509* Issuer() const;  // null when the chain does not have it

  struct FreeLinks {
    void operator()(STACK_OF(X509) * links) const { sk_X509_free(links); }
  };

  Certificate certificate_;
  std::string name_;
  std::vector<Certificate> chain_;
  std::unique_ptr<STACK_OF(X509), FreeLinks> links_;  // into chain_
  std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>> key_;
  std::string staple_;
  std::unique_ptr<ASN1_TIME, FreeBy<ASN1_TIME_free>> staple_until_;
};

}  // namespace postern::daemon
