// SPDX-License-Identifier: BSD-2-Clause
// Certificate identity extraction: whatever DER a client's certificate is, what posternd is told of
// it is valid. Input: the certificate.
#include <openssl/x509.h>

#include <cstdint>
#include <cstdlib>

#include "daemon/tls/client_identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace daemon = postern::daemon;
  X509* const certificate = d2i_X509(nullptr, &data, static_cast<long>(size));
  if (certificate == nullptr) return 0;
  daemon::AnswerTls answer;
  answer.version = daemon::kTls13;
  answer.cipher_length = 1;
  answer.cipher[0] = 'x';
  daemon::DescribeCertificate(certificate, answer);
  if (!Valid(answer)) std::abort();
  X509_free(certificate);
  return 0;
}
