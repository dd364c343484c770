// SPDX-License-Identifier: BSD-2-Clause
// Messages as a TLS server signs them.
#pragma once

#include <string>

namespace postern::testlib {

// RFC 8446 section 4.4.3.
inline std::string CertificateVerifyOf(const std::string& transcript_hash,
                                       const std::string& side = "server") {
  return std::string(64, ' ') + "TLS 1.3, " + side + " CertificateVerify" + '\0' + transcript_hash;
}

// RFC 8422 section 5.4; x25519 unless said otherwise.
inline std::string KeyExchangeOf(const std::string& share, char group = 29) {
  return std::string(64, 'r') + '\3' + '\0' + group + static_cast<char>(share.size()) + share;
}

}  // namespace postern::testlib
