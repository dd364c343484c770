// SPDX-License-Identifier: BSD-2-Clause
// How a service speaks TLS, as it shall: every default filled in, every pair complete.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/decision/tls_identity.h"
#include "policy/service/written_path.h"

namespace postern::policy {

enum class TlsVerify : std::uint8_t { kNone, kRequest, kRequire };
enum class TlsVersion : std::uint8_t { k12, k13 };
enum class StartTls : std::uint8_t { kSmtp, kImap, kPop3, kFtp };
enum class TlsSni : std::uint8_t { kAny, kStrict };

struct TlsSpec {
  struct Pair {
    WrittenPath certificate, private_key;
    WrittenPath staple = {};  // an OCSP response; empty: none
  };
  static constexpr std::size_t kMaxPairs = 64;
  static constexpr std::size_t kMaxAlpn = 256;  // on the wire: each name, and a byte before it

  std::vector<Pair> pairs;     // at least one; the first is for names that none has
  WrittenPath client_ca, crl;  // empty: none
  TlsVerify verify = TlsVerify::kNone;
  TlsVersion min_version = TlsVersion::k12;
  TlsSni sni = TlsSni::kAny;
  std::vector<std::string> alpn;
  std::chrono::seconds handshake{30};
  std::optional<std::uint64_t> idle;  // seconds in which nothing moves; nullopt: for ever
  IdentityRules rules;
  std::optional<StartTls> starttls;  // nullopt: the handshake comes first
  bool starttls_required = true;
};

}  // namespace postern::policy
