// SPDX-License-Identifier: BSD-2-Clause
// The sessions whose client speaks TLS: part of sessions.h.
//
// postern-tls has the client and one end of a socketpair. When it says that the handshake is done,
// and the rules on client certificates let the client in, whoever serves it gets the other end: a
// program, or the relay with a redirect, a built-in service or tcpmux. From then on it is as behind
// the relay: the two go their ways, and the session is over when both are (spliced_sessions.cc).
#include "daemon/acceptor/behind_relay.h"
#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/acceptor/tls_environment.h"
#include "daemon/log/record.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// postern-tls has deadlines of its own; this is for one that lives, and answers nothing.
constexpr std::chrono::seconds kGrace(20);

std::string From(const Session& session) {
  return session.peer ? " from " + session.peer->address.ToString() : std::string();
}

// Why a client that has shaken hands is not let in; nullopt: he is.
std::optional<std::string> WhyRefused(const Session& session, const AnswerTls& answer) {
  // A reload may have removed the service, or its TLS, before anybody was let in.
  const auto& tls = session.service->spec().tls;
  if (!tls || (session.stage == Stage::kTls && session.service->retired())) {
    return "the service is gone";
  }
  const auto client = IdentityOf(answer);
  const auto verdict = policy::EvaluateIdentity(tls->rules, client ? &*client : nullptr);
  if (verdict.allowed) return std::nullopt;
  std::string why(policy::EvidenceText(verdict.evidence));
  if (verdict.rule != nullptr) why += " (" + verdict.rule->word() + ")";
  if (!client) return why;
  return why + ": " +
         (client->subject.empty() ? "a certificate without a subject" : client->subject);
}

}  // namespace

void Sessions::ShakeHands(Session& session, sys::UniqueFd client) {
  session.handshake_setup = session.service->tls();
  const TlsSetup& setup = *session.handshake_setup;
  session.stage = Stage::kTls;
  session.ip_options = HasIpOptions(client);
  const auto local = sys::LocalAddress(client);
  if (!session.local && local) session.local = EndpointOf(*local);
  auto pair = sys::MakeStreamPair();
  if (!pair) return FailToStart(session, pair.error().ToString());
  const std::uint32_t idle = WireIdleTimeout(setup.spec.idle);
  const auto asked =
      tls_.Ask({session.id, setup, idle, client.get(), pair->ours.get()}, session.address());
  if (!asked) return FailToStart(session, asked.error().ToString());
  session.tls = session.id;
  in_tls_.emplace(session.tls, &session);
  // A client that may go on in plaintext may never shake hands.
  if (!setup.spec.starttls || setup.spec.starttls_required) {
    session.handshake_timer = loop_.After(setup.spec.handshake + kGrace, [this, &session] {
      session.handshake_timer = 0;
      tls_.CondemnTls(session.tls, "it lets the deadline of a handshake pass");
    });
  }
  // The service has the first word, or the client in plaintext.
  if (setup.spec.starttls) return HandOver(session, std::move(pair->theirs));
  session.connection = std::move(pair->theirs);
}

void Sessions::LeaveHandshake(Session& session) {
  session.handshake_setup.reset();
  loop_.Cancel(session.handshake_timer);
}

bool Sessions::OnTls(const AnswerTls& answer) {
  const auto found = in_tls_.find(answer.header.session);
  if (found == in_tls_.end()) return false;
  Session* const session = found->second;
  if (session == nullptr) return true;
  if (session->shaken) return false;
  session->shaken = true;
  LeaveHandshake(*session);
  const bool served = session->stage != Stage::kTls;  // before STARTTLS
  if (!served) {
    session->tls_words = TlsEnvironment(answer);
    if (session->service->spec().redirect.proxy == policy::RedirectProxy::kV2) {
      session->tlvs = std::make_unique<WireTlvs>(TlvsOf(answer));
    }
  }
  if (const auto why = WhyRefused(*session, answer)) {
    RefuseTls(*session, *why);
    if (!served) session->cut_off = std::move(session->connection);
    tls_.AskRefuse(session->tls);
    if (!served) EndService(*session);  // else it finds an end of file
  } else if (served) {
    tls_.AskAdmit(session->tls);
  } else {
    HandOver(*session, std::move(session->connection));
  }
  return true;
}

void Sessions::RefuseTls(Session& session, const std::string& why) {
  const policy::ServiceSpec& spec = session.service->spec();
  log_.Notice(spec.id + ": TLS client" + From(session) + " refused: " + why);
  if (session.refused) return;  // it has its record
  session.service->log().Write(
      FailRecord{spec.id, policy::ReasonText(policy::DenyReason::kTls), session.address()},
      spec.log_on_failure);
}

// Whoever served the client has not said all, or there is nobody who does. Until postern-tls has
// been told, no end of file may say that it is all.
void Sessions::CutOff(Session& session) {
  if (session.tls == 0) return;
  if (!session.cut_off) session.cut_off = std::move(session.connection);
  tls_.AskTruncate(session.tls);
}

bool Sessions::OnTlsDone(const AnswerTlsDone& answer) {
  const auto found = in_tls_.find(answer.header.session);
  if (found == in_tls_.end()) return false;
  Session* const session = found->second;
  in_tls_.erase(found);
  if (session == nullptr) return true;
  session->tls = 0;
  LeaveHandshake(*session);
  const std::string& id = session->service->spec().id;
  if (answer.outcome == TlsOutcome::kNoCapacity) {
    log_.Error(id + ": postern-tls has no room for another session");
  } else if (answer.outcome == TlsOutcome::kIdle) {
    log_.Notice(id + ": a connection" + From(*session) + " is closed: idle_timeout");
  } else if (answer.outcome == TlsOutcome::kTruncated) {
    log_.Notice(id + ": a connection" + From(*session) +
                " is closed without close_notify: who served it has broken off");
  }
  const std::string fault(TextOf(answer));
  if (session->stage == Stage::kTls) {
    RefuseTls(*session, fault);
    End(*session);
    return true;
  }
  const bool failed = answer.outcome == TlsOutcome::kHandshakeFailed ||
                      answer.outcome == TlsOutcome::kHandshakeLate;
  if (failed && !session->shaken) {
    log_.Notice(id + ": STARTTLS client" + From(*session) + ": " + fault);
  }
  Book(*session, {answer.bytes_in, answer.bytes_out});
  EndCarriage(*session);
  return true;
}

// What it had of them is lost: handshakes are refused, and who serves the others finds an end of
// file.
void Sessions::OnTlsLost(const std::set<SessionId>& lost) {
  for (const SessionId id : lost) {
    const auto found = in_tls_.extract(id);
    if (!found || found.mapped() == nullptr) continue;
    Session* const session = found.mapped();
    session->tls = 0;
    LeaveHandshake(*session);
    if (session->stage == Stage::kTls) {
      FailToStart(*session, "the postern-tls that had it is gone");
    } else {
      EndCarriage(*session);
    }
  }
}

}  // namespace postern::daemon
