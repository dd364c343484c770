// SPDX-License-Identifier: BSD-2-Clause
// What postern-keys reads of a message it is asked to sign: whatever it takes for a server's
// handshake has the one form of its kind: its context is the server's, whatever the hash is.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "daemon/keys/tls_signature.h"

namespace {

using postern::daemon::SignedThing;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto thing = postern::daemon::WhatIsSigned({data, size});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (thing) Require(size >= 64 + 4 + 32 && size <= 64 + 4 + 133);
  if (thing == SignedThing::kCertificateVerify) {
    Require(text.substr(64, 34) == std::string_view("TLS 1.3, server CertificateVerify", 34));
  }
  if (thing == SignedThing::kServerKeyExchange) Require(data[64] == 3);
  return 0;
}
