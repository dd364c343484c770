// SPDX-License-Identifier: BSD-2-Clause
// The sessions that wait for postern-lookup: part of sessions.h.
//
// An access rule hangs on a name or on a user, or the user is to be logged. The connection is kept,
// and counts; whoever it is of waits, and nobody else does. What nobody could tell satisfies no
// rule that grants.
#include "daemon/acceptor/sessions.h"
#include "daemon/log/record.h"
#include "wrapper/lookup/lookup.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::hosts::Fact;
using policy::hosts::Needed;

namespace {

// xinetd's own patience with an ident server; one that decides has tcp_wrappers'.
constexpr std::chrono::seconds kLoggingPatience(30);

// Whether the user is asked for once the client is let in. Where postern-gate decides, the
// connection is gone when that is known.
bool WantsUser(const policy::ServiceSpec& spec, const Admitted& admitted) {
  return spec.ident_only || spec.log_on_success.user_id ||
         (admitted.way == Way::kGate && spec.log_on_failure.user_id);
}

// tcpd has something to say about IP options: with any, it is not stepped over. Those of a proxy's
// connection say nothing of the client.
void LeaveIpOptionsToTcpd(Session& session, const sys::UniqueFd& connection) {
  if (session.proxied || session.admitted.way != Way::kUnwrapped) return;
  if (session.ip_options || HasIpOptions(connection)) session.admitted.way = Way::kWritten;
}

}  // namespace

void Sessions::Receive(Session& session, sys::UniqueFd connection,
                       const wrapper::Connection& ends) {
  LeaveIpOptionsToTcpd(session, connection);
  const bool asks =
      session.admitted.way == Way::kAsks || WantsUser(session.service->spec(), session.admitted);
  if (!asks) return Welcome(session, std::move(connection));
  session.inquiry = std::make_unique<Inquiry>();
  session.inquiry->ends = ends;
  session.connection = std::move(connection);
  Investigate(session);
}

// What is to be asked next; nullopt: nothing more.
std::optional<Needed> Sessions::OpenQuestion(const Session& session) {
  if (session.admitted.way == Way::kAsks) return session.admitted.needs;
  const policy::ServiceSpec& spec = session.service->spec();
  // The ident server of a client behind a proxy knows nothing of our end.
  const bool pointless = session.proxied && !spec.ident_only;
  const bool user = WantsUser(spec, session.admitted) && !pointless;
  return user && !session.inquiry->user_asked() ? std::optional(Needed::kUser) : std::nullopt;
}

void Sessions::Investigate(Session& session) {
  while (const auto question = OpenQuestion(session)) {
    session.inquiry->asks = *question;
    session.stage = Stage::kLookup;
    if (AskAbout(session)) return;
    log_.Error(session.service->spec().id + ": nobody could be asked about " +
               (session.peer ? session.peer->address.ToString() : std::string("a local client")));
    const bool goes_on =
        *question == Needed::kUser ? LearnUser(session, {}) : LearnName(session, {});
    if (!goes_on) return;
  }
  Welcome(session, std::move(session.connection));
}

bool Sessions::AskAbout(Session& session) {
  const Inquiry& inquiry = *session.inquiry;
  if (!session.peer) return false;
  const LookupClient::Purpose purpose{*this, session.id, session.peer->address};
  const auto client = wrapper::Unmapped(inquiry.ends.client);
  const auto server = wrapper::Unmapped(inquiry.ends.server);
  if (inquiry.asks != Needed::kUser) {
    const bool ours = inquiry.asks == Needed::kServerName;
    return lookup_.AskName(purpose, ours ? server : client, wrapper::kDefaultNameDeadline);
  }
  if (session.proxied) return false;
  const bool decides = session.admitted.way == Way::kAsks;
  return lookup_.AskUser(purpose, client, server,
                         decides ? wrapper::kDefaultIdentDeadline : kLoggingPatience);
}

void Sessions::OnName(SessionId asked_for, const AnswerName& answer) {
  Session* const session = Find(asked_for, Stage::kLookup);
  if (session != nullptr && LearnName(*session, answer)) Investigate(*session);
}

void Sessions::OnUser(SessionId asked_for, const AnswerUser& answer) {
  Session* const session = Find(asked_for, Stage::kLookup);
  if (session != nullptr && LearnUser(*session, answer)) Investigate(*session);
}

// Each is false when the session is over.
bool Sessions::LearnName(Session& session, const AnswerName& answer) {
  Inquiry& inquiry = *session.inquiry;
  const bool ours = inquiry.asks == Needed::kServerName;
  (ours ? inquiry.findings.server_name : inquiry.findings.client_name) = FactOf(answer);
  if (const auto why = WhyNotConfirmed(answer.outcome); !why.empty()) {
    const std::string of = ours ? "the service's address" : session.peer->address.ToString();
    log_.Info(session.service->spec().id + ": the name of " + of +
              " is not confirmed: " + std::string(why));
  }
  return Rejudge(session);
}

bool Sessions::LearnUser(Session& session, const AnswerUser& answer) {
  Inquiry& inquiry = *session.inquiry;
  inquiry.findings.user = FactOf(answer);
  inquiry.user_end = answer.outcome;
  inquiry.user = UserIn(answer);
  if (!Rejudge(session)) return false;
  if (!session.service->spec().ident_only || inquiry.user) return true;
  Service& service = *session.service;
  service.log().Write(
      NoUserRecord{service.spec().id,
                   session.peer ? LoggedAddress(session.peer->address) : std::nullopt,
                   WhyNoUser(inquiry.user_end)},
      service.spec().log_on_failure);
  ShowOut(session, /*acts=*/false);
  return false;
}

bool Sessions::Rejudge(Session& session) {
  if (session.admitted.way != Way::kAsks) return true;
  const Inquiry& inquiry = *session.inquiry;
  auto judged = admission_.Judge(*session.service, session.peer, inquiry.ends, inquiry.findings);
  // A reload has removed the service, and nobody has been let in yet.
  if (session.service->retired()) {
    judged = std::unexpected(Refusal{{policy::DenyReason::kAddress}});
  } else if (judged && session.local && IsBlindTcpd(session.service->spec(), *judged)) {
    judged = std::unexpected(
        Refusal{{policy::DenyReason::kLibwrap}, kBlindTcpd, session.service->spec().libwrap_name});
  }
  if (judged) {
    session.admitted = *judged;
    LeaveIpOptionsToTcpd(session, session.connection);
    return true;
  }
  admission_.Refuse(*session.service, judged.error(), session.peer);
  ShowOut(session, judged.error().acts);
  return false;
}

// One that has been refused after all: it has its record, and gets its banner.
void Sessions::ShowOut(Session& session, bool acts) {
  const std::shared_ptr<Service> service = session.service;
  const Peer peer = session.peer, local = session.local;
  sys::UniqueFd connection = std::move(session.connection);
  const std::unique_ptr<Inquiry> inquiry = std::move(session.inquiry);
  End(session);
  if (inquiry->user_asked()) {
    RefusedUsers::Log(*service, peer, inquiry->user);
    return Dismiss(*service, std::move(connection), peer, acts, local);
  }
  TurnAway(*service, std::move(connection), peer, acts, local);
}

void Sessions::LogUser(const Session& session, pid_t pid) {
  if (!session.inquiry || !session.inquiry->user) return;
  const ToldUser& user = *session.inquiry->user;
  session.service->log().Write(
      UserRecord{session.service->spec().id, user.system, user.text,
                 session.peer ? LoggedAddress(session.peer->address) : std::nullopt, pid},
      session.service->spec().log_on_success);
}

}  // namespace postern::daemon
