// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/protocol.h"

namespace postern::daemon {
namespace {

bool IsNone(const WireAddress& address) {
  return address.bytes == WireAddress().bytes && address.port == 0 && address.is_v4 == 0;
}

}  // namespace

bool Valid(WireBuiltin builtin) {
  return builtin >= WireBuiltin::kEcho && builtin <= WireBuiltin::kChargen;
}

bool Valid(Outcome outcome) {
  return outcome >= Outcome::kFinished && outcome <= Outcome::kClientSlow;
}

bool Valid(DatagramOutcome outcome) {
  return outcome >= DatagramOutcome::kAnswered && outcome <= DatagramOutcome::kVanished;
}

bool Valid(const AnswerProxy& answer) {
  if (answer.outcome < ProxyOutcome::kProxied || answer.outcome > ProxyOutcome::kClosed) {
    return false;
  }
  const auto fits = [&answer](const WireAddress& address) {
    if (answer.outcome != ProxyOutcome::kProxied) return IsNone(address);
    return address.is_v4 == (IsMapped(address) ? 1 : 0);
  };
  return fits(answer.source) && fits(answer.destination) && Valid(answer.tlvs) &&
         (answer.outcome == ProxyOutcome::kProxied || SaysNothing(answer.tlvs));
}

}  // namespace postern::daemon
