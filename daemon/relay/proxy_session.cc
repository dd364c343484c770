// SPDX-License-Identifier: BSD-2-Clause
// The PROXY header at the beginning of a connection: who comes by the proxy is posternd's to judge,
// so the session ends with the header, and what follows it stays in the socket.
#include <array>
#include <optional>
#include <span>

#include "daemon/relay/sessions.h"
#include "daemon/wire_address.h"
#include "policy/proxy/proxy_header.h"
#include "sandbox/sys/payload.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::ProxyFault;
using policy::ProxyHeaderReader;

namespace {

ProxyOutcome OutcomeOf(ProxyFault fault) {
  switch (fault) {
    case ProxyFault::kNoHeader:
      return ProxyOutcome::kNoHeader;
    case ProxyFault::kMalformed:
      break;
    case ProxyFault::kTooLong:
      return ProxyOutcome::kTooLong;
    case ProxyFault::kChecksum:
      return ProxyOutcome::kChecksum;
    case ProxyFault::kNoAddress:
      return ProxyOutcome::kNoAddress;
  }
  return ProxyOutcome::kMalformed;
}

class ProxySession final : public Session {
 public:
  ProxySession(Seat seat, std::chrono::milliseconds deadline)
      : Session(std::move(seat)), patience_(deadline) {}

  void Start(Instant now) override {
    SetDeadline(now + patience_);
    WatchClient(sys::kReadable);
  }

  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override { Read(); }

  void OnDeadline(Instant /*now*/) override { Conclude(ProxyOutcome::kLate); }

 private:
  void Read() {
    std::array<std::uint8_t, policy::kMaxProxyHeader> bytes;
    const auto view = std::as_writable_bytes(std::span(bytes));
    const auto peeked = sys::PeekSome(client(), view.first(reader_.room()));
    if (!peeked && sys::IsMomentary(peeked.error())) return;
    if (!peeked || *peeked == 0) return Conclude(ProxyOutcome::kClosed);
    const std::size_t taken = reader_.Add(std::span(bytes).first(*peeked));
    const auto received = sys::ReceiveSome(client(), view.first(taken));
    // Nobody else reads this client, so what was peeked is there.
    if (!received || *received != taken) return Conclude(ProxyOutcome::kClosed);
    if (reader_.state() == ProxyHeaderReader::State::kComplete) return Tell();
    if (reader_.state() == ProxyHeaderReader::State::kBad) Conclude(OutcomeOf(reader_.fault()));
  }

  void Tell() {
    const auto& ends = reader_.header().ends;
    if (!ends) return Conclude(ProxyOutcome::kLocal);
    AnswerProxy answer;
    answer.source = WireAddressOf(ends->source);
    answer.destination = WireAddressOf(ends->destination);
    answer.tlvs = WireTlvsOf(reader_.header().tlvs);
    Conclude(ProxyOutcome::kProxied, answer);
  }

  void Conclude(ProxyOutcome outcome, AnswerProxy answer = {}) {
    answer.header.session = id();
    answer.outcome = outcome;
    GiveBack(answer);
  }

  std::chrono::milliseconds patience_;
  ProxyHeaderReader reader_;
};

}  // namespace

std::unique_ptr<Session> MakeProxySession(Seat seat, std::chrono::milliseconds deadline) {
  return std::make_unique<ProxySession>(std::move(seat), deadline);
}

}  // namespace postern::daemon
