// SPDX-License-Identifier: BSD-2-Clause
// Keys and certificates made by a test, as PEM text.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace postern::testlib {

struct CertificateWish {
  std::string kind = "P-256";  // RSA:BITS, RSA-PSS, ED25519, or a curve
  std::string common_name = "server.test";
  std::vector<std::string> names = {};  // subjectAltName, e.g. "DNS:a.test"
  long from = -3600, until = 3600;      // seconds from now
  bool authority = false;
  std::string purpose = {};  // extendedKeyUsage
  bool sha1 = false;         // an outdated signature
};

class Certificate {
 public:
  // Signed by `issuer`, or by itself.
  explicit Certificate(const CertificateWish& wish = {}, const Certificate* issuer = nullptr);

  std::string key_pem() const;
  std::string pem() const;
  std::string der() const;
  EVP_PKEY* key() const { return key_.get(); }
  X509* certificate() const { return certificate_.get(); }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

// An OCSP response (DER) that says that the certificate is good, for so many seconds. `padding`:
// bytes that are in it besides.
std::string StapleOf(const Certificate& certificate, const Certificate& authority, long until,
                     std::size_t padding = 0);

// An empty revocation list (PEM) of that authority, good for so many seconds.
std::string RevocationListOf(const Certificate& authority, long until);

}  // namespace postern::testlib
