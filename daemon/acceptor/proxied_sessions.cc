// SPDX-License-Identifier: BSD-2-Clause
// The connections that a proxy passes on, up to where it is known whose they are: part of
// sessions.h.
//
// postern-relay reads the header while posternd keeps the connection. Until then nothing counts but
// how many wait (awaited_headers.h); from then on the client is whom the header names, and the
// connection is admitted, or refused, as if he had connected himself. Exactly one record is left of
// each: of what comes before, FAIL with the proxy's address and the reason "proxy".
#include <string>

#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/wire_address.h"
#include "policy/decision/evaluate.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Empty when there is none.
std::string FaultText(ProxyOutcome outcome) {
  switch (outcome) {
    case ProxyOutcome::kProxied:
    case ProxyOutcome::kLocal:
      return {};
    case ProxyOutcome::kNoHeader:
      return "what it sent is no PROXY header";
    case ProxyOutcome::kMalformed:
      return "its header is malformed";
    case ProxyOutcome::kTooLong:
      return "its header is too long";
    case ProxyOutcome::kChecksum:
      return "the checksum of its header is wrong";
    case ProxyOutcome::kNoAddress:
      return "its header names no client with an IP address";
    case ProxyOutcome::kLate:
      return "its header did not come within " + std::to_string(kProxyDeadlineSeconds) + " seconds";
    case ProxyOutcome::kClosed:
      return "it ended before its header was there";
  }
  return "its header is not known";
}

bool MayBeProxy(const AwaitedHeader& awaited) {
  return policy::MaySendProxyHeader(awaited.service->spec(), AddressOf(awaited.ends.client));
}

}  // namespace

void Sessions::AwaitProxyHeader(std::shared_ptr<Service> service, sys::UniqueFd connection,
                                const wrapper::Connection& ends) {
  AwaitedHeader awaited{std::move(service), std::move(connection), ends};
  if (!MayBeProxy(awaited)) {
    return RefuseProxy(std::move(awaited), "its address is not in proxy_from");
  }
  if (!awaited_.HasRoom(*awaited.service)) {
    return RefuseProxy(std::move(awaited), "too many connections wait for their headers");
  }
  AskProxy ask;
  ask.header.session = next_id_++;
  const int descriptor = awaited.connection.get();
  const auto asked = relay_.Ask(ask, std::span(&descriptor, 1));
  if (!asked) return RefuseProxy(std::move(awaited), asked.error().ToString());
  deadlines_.Expect(ask.header.session, patience_.proxy);
  awaited_.Add(ask.header.session, std::move(awaited));
}

bool Sessions::OnProxy(const AnswerProxy& answer) {
  auto awaited = awaited_.Take(answer.header.session);
  if (!awaited) return false;
  deadlines_.Answered(answer.header.session);
  std::string fault = FaultText(answer.outcome);
  // A reload may have said otherwise meanwhile.
  if (fault.empty() && awaited->service->retired()) fault = "the service is no more";
  if (fault.empty() && !MayBeProxy(*awaited)) fault = "its address is not in proxy_from any more";
  if (!fault.empty()) {
    RefuseProxy(std::move(*awaited), fault);
    return true;
  }
  ServeProxied(std::move(*awaited), answer);
  return true;
}

void Sessions::ServeProxied(AwaitedHeader awaited, const AnswerProxy& answer) {
  Service& service = *awaited.service;
  Peer local;  // where the client came to; nullopt: the connection is the proxy's own
  if (answer.outcome == ProxyOutcome::kProxied) {
    awaited.ends.client = SocketAddressOf(answer.source);
    awaited.ends.server = SocketAddressOf(answer.destination);
    local = EndpointOf(awaited.ends.server);
  }
  const Peer peer = EndpointOf(awaited.ends.client);
  const auto admitted = AdmitLate(service, peer, awaited.ends);
  if (!admitted) {
    admission_.Refuse(service, admitted.error(), peer);
    return TurnAway(service, std::move(awaited.connection), peer, admitted.error().acts, local);
  }
  Session& session = Begin(awaited.service, peer, *admitted);
  session.local = local;
  session.proxied = local.has_value();
  if (!SaysNothing(answer.tlvs)) session.told = std::make_unique<WireTlvs>(answer.tlvs);
  Receive(session, std::move(awaited.connection), awaited.ends);
}

bool Sessions::EndAwaited(const AnswerDone& answer) {
  const bool full = answer.outcome == Outcome::kNoCapacity;
  if (!full && answer.outcome != Outcome::kStopped) return false;
  auto awaited = awaited_.Take(answer.header.session);
  if (!awaited) return false;
  deadlines_.Answered(answer.header.session);
  RefuseProxy(std::move(*awaited), full ? "the relay has no room for another session"
                                        : "the relay let the deadline of its header pass");
  return true;
}

void Sessions::RefuseProxy(AwaitedHeader awaited, const std::string& why) {
  RecordProxyRefusal(awaited, why);
  TurnAway(*awaited.service, std::move(awaited.connection), EndpointOf(awaited.ends.client));
}

// Decide() counts the others.
void Sessions::RecordProxyRefusal(const AwaitedHeader& awaited, const std::string& why) {
  ++awaited.service->attempts;
  Refusal refusal{{policy::DenyReason::kProxy}};
  refusal.proxy_fault = why;
  admission_.Refuse(*awaited.service, refusal, EndpointOf(awaited.ends.client));
}

}  // namespace postern::daemon
