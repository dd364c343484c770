// SPDX-License-Identifier: BSD-2-Clause
// Programs behind postern-relay: it has the client, they have the other end of a socketpair.
//
// The relay is asked first, so that one that is full refuses the client before anything runs. Then
// program and relay go their ways, and the session is over when both are. A relay that ends first
// (idle, client gone, killed) has closed the socketpair: the program finds an end of file, and
// lives until it ends. A program that ends first leaves the relay to deliver what is buffered.
#include "daemon/acceptor/behind_relay.h"
#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/record.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void Sessions::Splice(Session& session, sys::UniqueFd client) {
  session.stage = Stage::kSplice;
  const auto local = sys::LocalAddress(client);
  if (!session.local && local) session.local = EndpointOf(*local);
  const int client_end = client.get();
  // Of what postern-tls has made of the client: so a relay that breaks off is no end of file.
  if (session.tls != 0) session.cut_off = std::move(client);
  auto pair = sys::MakeStreamPair();
  if (!pair) return FailToStart(session, pair.error().ToString());
  AskSplice ask;
  ask.header.session = session.id;
  ask.idle_timeout = WireIdleTimeout(session.service->spec().confinement->idle_timeout);
  const int descriptors[] = {client_end, pair->ours.get()};
  const auto asked = relay_.Ask(ask, descriptors);
  if (!asked) return FailToStart(session, asked.error().ToString());
  session.connection = std::move(pair->theirs);
  deadlines_.Expect(session.id, patience_.splice);
}

bool Sessions::OnSplice(const AnswerSplice& answer) {
  Session* session = Find(answer.header.session, Stage::kSplice);
  if (session == nullptr) return false;
  deadlines_.Answered(session->id);
  session->spliced = true;
  Launch(*session, std::move(session->connection));
  return true;
}

void Sessions::OnSpliceDone(Session& session, const AnswerDone& answer) {
  const policy::ServiceSpec& spec = session.service->spec();
  deadlines_.Answered(session.id);
  session.spliced = false;
  if (answer.outcome == Outcome::kClientSlow) {
    CutOff(session);
  } else {
    session.cut_off.Reset();  // the program's own end
  }
  if (answer.outcome == Outcome::kIdle) {
    log_.Notice(spec.id + ": a connection" +
                (session.peer ? " from " + session.peer->address.ToString() : std::string()) +
                " is closed: idle_timeout");
  }
  Explain(spec, answer);
  Book(session, {answer.bytes_in, answer.bytes_out});
  EndCarriage(session);
}

// Where postern-tls has the client, the relay only has what postern-tls has made of him.
void Sessions::Book(Session& session, const Moved& moved) {
  if (session.tls != 0 || session.moved) return;
  session.moved = moved;
  if (session.start_logged) LogTraffic(session);
}

void Sessions::EndCarriage(Session& session) {
  if (session.stage == Stage::kFlush && !session.carried()) End(session);
}

// Those of its program; postern-tls has its own (LeaveHandshake()).
void Sessions::CancelTimers(Session& session) {
  loop_.Cancel(session.retry_timer);
  loop_.Cancel(session.lifetime_timer);
}

void Sessions::EndService(Session& session) {
  if (!session.carried()) {
    End(session);
    return;
  }
  session.stage = Stage::kFlush;
  session.connection.Reset();
  deadlines_.Answered(session.id);
  CancelTimers(session);
  loop_.Unwatch(session.pidfd, session.watch);
  session.pidfd.Reset();
}

// The relay is gone: what it had of them is lost, and the programs will notice.
void Sessions::LoseSplices() {
  std::vector<Session*> lost;
  for (const auto& [id, session] : sessions_) {
    if (session->spliced) lost.push_back(session.get());
  }
  for (Session* session : lost) {
    session->spliced = false;
    CutOff(*session);
    EndCarriage(*session);
  }
}

}  // namespace postern::daemon
