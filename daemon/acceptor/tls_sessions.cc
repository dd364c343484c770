// SPDX-License-Identifier: BSD-2-Clause
// The sessions whose client speaks TLS: part of sessions.h.
//
// postern-tls has the client and one end of a socketpair. When it says that the handshake is done,
// and the rules on client certificates let the client in, the program starts with the other end.
// From then on it is as behind the relay: the two go their ways, and the session is over when both
// are (spliced_sessions.cc).
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

}  // namespace

void Sessions::ShakeHands(Session& session, sys::UniqueFd client) {
  session.handshake_setup = session.service->tls();
  const TlsSetup& setup = *session.handshake_setup;
  session.stage = Stage::kTls;
  const auto local = sys::LocalAddress(client);
  if (!session.local && local) session.local = EndpointOf(*local);
  auto pair = sys::MakeStreamPair();
  if (!pair) return FailToStart(session, pair.error().ToString());
  const auto& confinement = session.service->spec().confinement;
  const std::uint32_t idle = confinement ? WireIdleTimeout(session.service->spec()) : 0;
  const auto asked = tls_.Ask(session.id, setup, idle, client.get(), pair->ours.get());
  if (!asked) return FailToStart(session, asked.error().ToString());
  session.with_tls = true;
  // The service has the first word, or the client in plaintext.
  if (setup.spec.starttls) {
    session.spliced = true;
    return Launch(session, std::move(pair->theirs));
  }
  session.connection = std::move(pair->theirs);
  session.retry_timer = loop_.After(setup.spec.handshake + kGrace, [this, &session] {
    session.retry_timer = 0;
    tls_.CondemnTls("it lets the deadline of a handshake pass");
  });
}

bool Sessions::OnTls(const AnswerTls& answer) {
  const auto found = sessions_.find(answer.header.session);
  if (found == sessions_.end() || !found->second->with_tls || found->second->shaken) return false;
  Session* const session = found->second.get();
  session->shaken = true;
  session->handshake_setup.reset();
  const bool launched = session->spliced;
  if (!launched) {
    loop_.Cancel(session->retry_timer);
    session->retry_timer = 0;
    session->spliced = true;
    session->extra_words = TlsEnvironment(answer);
  }
  const auto client = IdentityOf(answer);
  // A reload may have removed the service, or its TLS, before anybody was let in.
  const auto tls = session->service->spec().tls;
  const bool served = tls && (launched || !session->service->retired());
  policy::IdentityVerdict verdict;
  if (served) verdict = policy::EvaluateIdentity(tls->rules, client ? &*client : nullptr);
  if (verdict.allowed) {
    if (!launched) Launch(*session, std::move(session->connection));
    return true;
  }
  std::string why(served ? policy::EvidenceText(verdict.evidence) : "the service is gone");
  if (verdict.rule != nullptr) why += " (" + verdict.rule->word() + ")";
  if (client)
    why += ": " + (client->subject.empty() ? "a certificate without a subject" : client->subject);
  RefuseTls(*session, why);
  tls_.AskStop(session->id);
  if (!launched) EndProgram(*session);  // else it finds an end of file
  return true;
}

void Sessions::RefuseTls(Session& session, const std::string& why) {
  const policy::ServiceSpec& spec = session.service->spec();
  log_.Notice(spec.id + ": TLS client" + From(session) + " refused: " + why);
  if (session.refused) return;  // it has its record
  session.service->log().Write(
      FailRecord{spec.id, policy::ReasonText(policy::DenyReason::kTls),
                 session.peer ? std::optional(session.peer->address) : std::nullopt},
      spec.log_on_failure);
}

bool Sessions::OnTlsDone(const AnswerTlsDone& answer) {
  const auto found = sessions_.find(answer.header.session);
  if (found == sessions_.end() || !found->second->with_tls) return false;
  Session& session = *found->second;
  session.with_tls = false;
  session.handshake_setup.reset();
  const std::string& id = session.service->spec().id;
  if (answer.outcome == TlsOutcome::kNoCapacity) {
    log_.Error(id + ": postern-tls has no room for another session");
  } else if (answer.outcome == TlsOutcome::kIdle) {
    log_.Notice(id + ": a connection" + From(session) + " is closed: idle_timeout");
  }
  if (!session.spliced) {
    RefuseTls(session, std::string(TextOf(answer)));
    End(session);
    return true;
  }
  const bool failed = answer.outcome == TlsOutcome::kHandshakeFailed ||
                      answer.outcome == TlsOutcome::kHandshakeLate;
  if (failed && !session.shaken) {
    log_.Notice(id + ": STARTTLS client" + From(session) + ": " + std::string(TextOf(answer)));
  }
  session.spliced = false;
  session.moved = Moved{answer.bytes_in, answer.bytes_out};
  if (session.start_logged) LogTraffic(session);
  if (session.stage == Stage::kFlush) End(session);
  return true;
}

// What it had of them is lost: handshakes are refused, and programs find an end of file.
void Sessions::OnTlsLost() {
  std::vector<Session*> shaking, over;
  for (const auto& [id, session] : sessions_) {
    if (!session->with_tls) continue;
    session->with_tls = session->spliced = false;
    session->handshake_setup.reset();
    if (session->stage == Stage::kTls) shaking.push_back(session.get());
    if (session->stage == Stage::kFlush) over.push_back(session.get());
  }
  for (Session* session : shaking) FailToStart(*session, "the postern-tls that had it is gone");
  for (Session* session : over) End(*session);
}

}  // namespace postern::daemon
