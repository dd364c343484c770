// SPDX-License-Identifier: BSD-2-Clause
// The answer to "may this connection be served?", with its evidence.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "policy/address/address_word.h"

namespace postern::policy {

// Why a connection is refused. ReasonText() gives the words of xinetd.log(5), which log readers
// parse.
enum class DenyReason : std::uint8_t {
  kConnectionsPerSecond,
  kSourceRate,  // cps_per_source
  kLoad,
  kTime,
  kServiceLimit,
  kPerSourceLimit,
  kProcessLimit,
  kAddress,
  kLibwrap,
  kFork,
  kProxy,  // proxy_protocol: not from a proxy, or without a header that names the client
  kTls,    // no handshake, or not with whom tls_only_from and tls_no_access let in
};

// What about the address, when the reason is kAddress.
enum class AddressEvidence : std::uint8_t {
  kNone,
  kUnknownPeer,    // the peer's address is not known and a list was given
  kNoAccess,       // matched `rule` of no_access
  kBothLists,      // matched both lists alike
  kNotInOnlyFrom,  // only_from was given and nothing in it matched
  kDenyList,       // caught earlier by a sensor
  kSensor,         // the service is a sensor
  kNeedsName,      // only a host name could decide, and none is known
};

struct Allow {};

struct Deny {
  DenyReason reason = DenyReason::kAddress;
  AddressEvidence evidence = AddressEvidence::kNone;
  const AddressWord* rule = nullptr;  // owned by the AccessList that was asked
};

// The decision hangs on the peer's host name, because of `rule`.
struct NeedName {
  const AddressWord* rule = nullptr;
};

using Verdict = std::variant<Allow, Deny, NeedName>;

std::string_view ReasonText(DenyReason reason);
std::string_view EvidenceText(AddressEvidence evidence);

}  // namespace postern::policy
