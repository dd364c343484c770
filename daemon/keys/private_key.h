// SPDX-License-Identifier: BSD-2-Clause
// One private key: read from its file, compared with its certificate, and used to sign what a TLS
// server signs. There is no way to decrypt with it.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "daemon/keys/tls_signature.h"
#include "daemon/keys_protocol.h"
#include "sandbox/sys/unique_fd.h"

struct evp_md_ctx_st;
struct evp_pkey_st;

namespace postern::daemon {

class PrivateKey {
 public:
  // Both PEM. The bytes of the key are wiped once it is read. The error is all that is wrong.
  static std::expected<PrivateKey, FlawSet<KeyFlaw>> Load(
      const sandbox::sys::UniqueFd& key, const sandbox::sys::UniqueFd& certificate);
  // What the certificate tells of the pair by itself.
  static FlawSet<KeyFlaw> JudgeWithout(const sandbox::sys::UniqueFd& certificate);

  // Empty: the key is not one for this algorithm, TLS does not have the two together, or it failed.
  std::vector<std::uint8_t> Sign(const SignatureAlgorithm& algorithm, SignedThing thing,
                                 std::span<const std::uint8_t> message);

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  using Begun = std::unique_ptr<evp_md_ctx_st, FreeContext>;
  explicit PrivateKey(evp_pkey_st* key) : key_(key) {}
  bool Fits(const SignatureAlgorithm& algorithm, SignedThing thing) const;
  const Begun& Begin(const SignatureAlgorithm& algorithm);

  std::unique_ptr<evp_pkey_st, Free> key_;
  std::map<SignatureScheme, Begun> begun_;  // signatures before their message
};

// Everything that OpenSSL looks for when it signs is found once, so that nothing is left to open
// or to ask for afterwards. False when it does not work.
bool PrepareToSign();

}  // namespace postern::daemon
