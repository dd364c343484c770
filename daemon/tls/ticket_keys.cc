// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

#include "sandbox/sys/events.h"

namespace postern::daemon {

namespace {

void WipeKey(std::optional<TicketKeys::Key>& key) {
  if (key) OPENSSL_cleanse(&*key, sizeof *key);
  key.reset();
}

}  // namespace

void TicketKeys::Wipe() {
  WipeKey(current_);
  WipeKey(previous_);
}

void TicketKeys::Expire(Instant now) {
  if (now - made_ >= kLife) WipeKey(previous_);
  if (now - made_ >= 2 * kLife) WipeKey(current_);
}

bool TicketKeys::Rotate(Instant now) {
  Expire(now);
  if (current_ && now - made_ < kLife) return true;
  Key fresh;
  if (RAND_bytes(fresh.name.data(), fresh.name.size()) != 1 ||
      RAND_priv_bytes(fresh.cipher.data(), fresh.cipher.size()) != 1 ||
      RAND_priv_bytes(fresh.mac.data(), fresh.mac.size()) != 1) {
    return false;
  }
  previous_ = current_;
  current_ = fresh;
  OPENSSL_cleanse(&fresh, sizeof fresh);
  made_ = now;
  return true;
}

const TicketKeys::Key* TicketKeys::Current(Instant now) {
  return Rotate(now) ? &*current_ : nullptr;
}

TicketKeys::Found TicketKeys::Find(std::span<const unsigned char, 16> name, Instant now) {
  if (!Rotate(now)) return {};
  if (std::ranges::equal(current_->name, name)) return {&*current_, true};
  if (previous_ && std::ranges::equal(previous_->name, name)) return {&*previous_, false};
  return {};
}

int SealOrOpen(TicketKeys& keys, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, bool seal) {
  constexpr int kFailed = -1, kNotFound = 0, kFine = 1, kFineButOld = 2;
  const auto now = sandbox::sys::BootTime();
  TicketKeys::Found found{keys.Current(now), true};
  if (!seal) found = keys.Find(std::span<const unsigned char, 16>(name, 16), now);
  if (found.key == nullptr) return seal ? kFailed : kNotFound;
  if (seal) {
    std::ranges::copy(found.key->name, name);
    if (RAND_bytes(vector, 16) != 1) return kFailed;
  }
  const auto begin = seal ? &EVP_EncryptInit_ex2 : &EVP_DecryptInit_ex2;
  if (begin(cipher, EVP_aes_256_cbc(), found.key->cipher.data(), vector, nullptr) != 1) {
    return kFailed;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(found.key->mac.data()),
                                        found.key->mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, params) != 1) return kFailed;
  return seal || found.current ? kFine : kFineButOld;
}

}  // namespace postern::daemon
