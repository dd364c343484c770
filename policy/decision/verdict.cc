// SPDX-License-Identifier: BSD-2-Clause
// The words for verdicts. Log readers parse the reasons: xinetd.log(5) fixes them.
#include "policy/decision/verdict.h"

namespace postern::policy {

std::string_view ReasonText(DenyReason reason) {
  switch (reason) {
    case DenyReason::kConnectionsPerSecond:
      return "connections per second";
    case DenyReason::kSourceRate:
      return "cps_per_source";
    case DenyReason::kLoad:
      return "load";
    case DenyReason::kTime:
      return "time";
    case DenyReason::kServiceLimit:
      return "service_limit";
    case DenyReason::kPerSourceLimit:
      return "per_source_limit";
    case DenyReason::kProcessLimit:
      return "process_limit";
    case DenyReason::kAddress:
      return "address";
    case DenyReason::kLibwrap:
      return "libwrap";
    case DenyReason::kFork:
      return "fork";
    case DenyReason::kProxy:
      return "proxy";
    case DenyReason::kTls:
      return "tls";
  }
  return "unknown";
}

std::string_view EvidenceText(AddressEvidence evidence) {
  switch (evidence) {
    case AddressEvidence::kNone:
      return "";
    case AddressEvidence::kUnknownPeer:
      return "the address of the peer is not known";
    case AddressEvidence::kNoAccess:
      return "matched no_access";
    case AddressEvidence::kBothLists:
      return "matched only_from and no_access alike";
    case AddressEvidence::kNotInOnlyFrom:
      return "not in only_from";
    case AddressEvidence::kDenyList:
      return "caught by a sensor earlier";
    case AddressEvidence::kSensor:
      return "the service is a sensor";
    case AddressEvidence::kNeedsName:
      return "only the host name of the peer could decide, and it is not known";
  }
  return "unknown";
}

}  // namespace postern::policy
