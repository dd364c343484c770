// SPDX-License-Identifier: BSD-2-Clause
// An OpenSSL provider (provider(7)) whose private keys are elsewhere: it has the public half of
// each, and has postern-keys sign.
//
// A provider rather than the older hooks (RSA_METHOD, EC_KEY_METHOD): it serves Ed25519, and is
// given whole messages, which postern-keys reads before it signs. It can do nothing but sign: no
// decryption exists, so no suite that needs one could be used.
#pragma once

#include <openssl/evp.h>

#include "daemon/keys_protocol.h"
#include "daemon/tls/remote_signer.h"

namespace postern::daemon {

// Once, before a key is made; `signer` must outlive every use. False when OpenSSL does not take it.
bool LoadKeyProvider(RemoteSigner& signer);

// A key that takes the place of the private one of the certificate's public key. Null: of a kind
// that is not served.
EVP_PKEY* MakeRemoteKey(KeyIndex index, const EVP_PKEY* public_key);

}  // namespace postern::daemon
