// SPDX-License-Identifier: BSD-2-Clause
// The keys that session tickets are sealed with (RFC 5077, RFC 8446 section 4.6.1).
//
// They live in postern-tls, are never written anywhere, and change every hour; what the key before
// has sealed is still opened, and answered with a ticket of the new one. So a ticket is good for
// two hours at most, and a process that is taken over has no older key to open what was recorded
// before: they are wiped, by whoever is told in time to.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace postern::daemon {

class TicketKeys {
 public:
  using Instant = std::chrono::milliseconds;
  static constexpr std::chrono::milliseconds kLife = std::chrono::hours(1);

  struct Key {
    std::array<unsigned char, 16> name{};
    std::array<unsigned char, 32> cipher{}, mac{};
  };

  // The key to seal with; null when there is no randomness.
  const Key* Current(Instant now);
  struct Found {
    const Key* key = nullptr;
    bool current = false;
  };
  Found Find(std::span<const unsigned char, 16> name, Instant now);

  // Wipes what is too old to open anything. Every use does so; of keys that nobody uses, the owner
  // has it done.
  void Expire(Instant now);
  void Wipe();

  TicketKeys() = default;
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys() { Wipe(); }

 private:
  bool Rotate(Instant now);

  std::optional<Key> current_, previous_;
  Instant made_{};
};

// For SSL_CTX_set_tlsext_ticket_key_evp_cb(3): AES-256 in CBC mode and HMAC-SHA256.
int SealOrOpen(TicketKeys& keys, unsigned char* name, unsigned char* vector, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, bool seal);

}  // namespace postern::daemon
