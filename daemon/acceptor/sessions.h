// SPDX-License-Identifier: BSD-2-Clause
// Every running session: starts what was admitted, hears how it ends, keeps the counts and writes
// the START, EXIT and TRAFFIC records.
//
// What was admitted counts as running (instances, per_source) from Begin to End, the banner and the
// fork retries included.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/awaited_headers.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/kill_reports.h"
#include "daemon/acceptor/lifetimes.h"
#include "daemon/acceptor/lookup_client.h"
#include "daemon/acceptor/refused_users.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/acceptor/relay_deadlines.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/session.h"
#include "daemon/acceptor/tls_client.h"
#include "daemon/acceptor/zygotes.h"
#include "daemon/log/program_log.h"
#include "sandbox/launch.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using Peer = std::optional<policy::Endpoint>;

class Sessions final : public RelayAnswers,
                       public TlsAnswers,
                       public SessionEvents,
                       public InstanceEvents,
                       public LookupAsker,
                       public EventHandler {
 public:
  Sessions(EventLoop& loop, ProgramLog& log, sandbox::Launcher& launcher, RelayClient& relay,
           LookupClient& lookup, TlsClient& tls, Admission& admission,
           const RelayPatience& patience = {});
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // Where postern-gate is.
  void SetGate(std::string program) { gate_ = std::move(program); }

  // Who starts what is confined.
  Zygotes& zygotes() { return zygotes_; }

  // Watches for what launched children have to tell.
  sys::Status Prepare();

  // A stream connection of a service with proxy_protocol = require, before it is admitted: that
  // hangs on the header. Refuses whoever may not send one, without reading it.
  void AwaitProxyHeader(std::shared_ptr<Service> service, sys::UniqueFd connection,
                        const wrapper::Connection& ends);

  // An admitted stream connection, wait = no.
  void Serve(std::shared_ptr<Service> service, sys::UniqueFd connection, Peer peer,
             const Admitted& admitted = {}, const wrapper::Connection& ends = {});
  // A refused one: it gets the banners for that, and is closed. Of so many that read slowly the
  // oldest does not get the rest of its banner. Where options of an access rule act (`acts`),
  // postern-gate gets it; when so many of those run, they do not act.
  static constexpr std::size_t kMaxTurnedAway = 128, kMaxActing = 16;
  void TurnAway(Service& service, sys::UniqueFd connection, const Peer& peer = std::nullopt,
                bool acts = false, const Peer& local = std::nullopt);
  // Starts the server of a wait = yes service on the listening socket itself.
  void ServeWaiting(std::shared_ptr<Service> service, Peer peer,
                    std::optional<sys::QueuedDatagram> first, const Admitted& admitted = {});
  // Has the relay answer the first queued datagram of an internal service.
  void ServeDatagram(std::shared_ptr<Service> service, const sys::QueuedDatagram& first);

  // Which service a tcpmux name of the relay's table means: by Service::serial().
  using MuxTargets = std::map<std::uint32_t, std::weak_ptr<Service>>;
  void SetMuxTargets(MuxTargets targets) { mux_targets_ = std::move(targets); }

  // The daemon's end: what the relay serves stops, programs are left running, as with xinetd.
  void Abandon();

  std::size_t count() const { return sessions_.size(); }
  std::size_t awaited_headers() const { return awaited_.size(); }
  std::uint64_t programs_ended() const { return programs_ended_; }
  void ForEach(const std::function<void(const Session&)>& visit) const;

  void OnName(SessionId asked_for, const AnswerName& answer) override;
  void OnUser(SessionId asked_for, const AnswerUser& answer) override;
  bool OnDone(const AnswerDone& answer) override;
  bool OnMux(const AnswerMux& answer) override;
  bool OnBanner(const AnswerBanner& answer) override;
  bool OnDatagram(const AnswerDatagram& answer) override;
  bool OnSplice(const AnswerSplice& answer) override;
  bool OnProxy(const AnswerProxy& answer) override;
  void OnRelayLost() override;
  bool OnTls(const AnswerTls& answer) override;
  bool OnTlsDone(const AnswerTlsDone& answer) override;
  void OnTlsLost(const std::set<SessionId>& lost) override;
  void OnInstanceStarted(sandbox::LaunchId id, pid_t pid) override;
  void OnInstanceFailed(sandbox::LaunchId id, sandbox::LaunchStep step, int error) override;
  void OnInstanceEnded(sandbox::LaunchId id, sys::Exit how) override;
  void OnUnlistedCall(const sandbox::Profile& profile, sandbox::LaunchId id,
                      std::uint32_t call) override;
  void OnInstanceLost(sandbox::LaunchId id, const std::string& why) override;
  void OnProgramExit(Session& session) override;
  void OnReady(std::uint32_t ready) override;  // launch reports, and room for the queue

 private:
  Session& Begin(std::shared_ptr<Service> service, Peer peer, const Admitted& admitted = {},
                 bool refused = false);
  // It counts no more.
  std::unique_ptr<Session> End(Session& session);
  // The service is over, or never was: the session too, unless it is carried yet.
  void EndService(Session& session);
  void CutOff(Session& session);
  void LeaveHandshake(Session& session);
  void CancelTimers(Session& session);
  void EndCarriage(Session& session);
  Session* Find(SessionId id, Stage stage);

  // What has to be found out first, then the banner, then the service.
  void Receive(Session& session, sys::UniqueFd connection, const wrapper::Connection& ends);
  static std::optional<policy::hosts::Needed> OpenQuestion(const Session& session);
  void Investigate(Session& session);
  bool AskAbout(Session& session);
  bool LearnName(Session& session, const AnswerName& answer);
  bool LearnUser(Session& session, const AnswerUser& answer);
  bool Rejudge(Session& session);
  void ShowOut(Session& session, bool acts);
  void Dismiss(Service& service, sys::UniqueFd connection, const Peer& peer, bool acts,
               const Peer& local);
  void LogUser(const Session& session, pid_t pid);
  void Welcome(Session& session, sys::UniqueFd connection);
  void Dispatch(Session& session, sys::UniqueFd connection);
  // Who serves it gets the client, or the plaintext of one that speaks TLS.
  void HandOver(Session& session, sys::UniqueFd connection);
  // Starts the program, or puts the session at the queue's end.
  void Launch(Session& session, sys::UniqueFd connection);
  void Enqueue(Session& session, sys::UniqueFd connection);
  void LaunchQueued();
  void TryLaunch(Session& session, sys::UniqueFd connection);
  void LaunchConfined(Session& session, std::vector<std::string> words, sys::UniqueFd connection);
  bool KeepCopy(Session& session, sys::UniqueFd& connection);
  void HoldProcess(Session& session);
  void OnEnd(Session& session, sys::Exit how);
  void TellFailure(const policy::ServiceSpec& spec, const std::string& program,
                   sandbox::LaunchStep step, int error);
  void Retry(Session& session, sys::UniqueFd connection, const sys::Error& error);
  void GiveToRelay(Session& session, Stage stage, sys::UniqueFd connection);
  // Has the relay take the client of a program that is then started behind it (OnSplice).
  void Splice(Session& session, sys::UniqueFd client);
  void OnSpliceDone(Session& session, const AnswerDone& answer);
  void LoseSplices();
  void ServeProxied(AwaitedHeader awaited, const AnswerProxy& answer);
  void RefuseProxy(AwaitedHeader awaited, const std::string& why);
  void RecordProxyRefusal(const AwaitedHeader& awaited, const std::string& why);
  // True when the answer ended the reading of a header.
  bool EndAwaited(const AnswerDone& answer);
  // Has postern-tls take the client, who is served after the handshake.
  void ShakeHands(Session& session, sys::UniqueFd client);
  void RefuseTls(Session& session, const std::string& why);
  sys::Status AskFor(const Session& session, const sys::UniqueFd& connection);
  bool AskBanners(Service& service, const std::string& outcome_banner, SessionId id, bool give_back,
                  const sys::UniqueFd& connection);
  void Explain(const policy::ServiceSpec& spec, const AnswerDone& answer);
  bool MakeRoomToTurnAway();
  // Refuses what had been admitted, when it cannot be started.
  void FailToStart(Session& session, const std::string& why);
  // What was accepted some time ago: cps may have closed the service meanwhile.
  std::expected<Admitted, Refusal> AdmitLate(Service& service, const Peer& peer,
                                             const wrapper::Connection& ends);
  std::expected<Admitted, Refusal> AdmitForMux(Service& target, const Peer& peer, const Peer& local,
                                               const wrapper::Connection& ends);
  bool LetOptionsAct(Service& service, sys::UniqueFd& connection, const Peer& peer,
                     const Peer& local);
  const std::shared_ptr<const sandbox::LaunchPlan>& PlanOf(const Session& session) const;
  bool FollowGate(Session& session, sys::Exit exit);
  void StartAdvised(Session& session);
  void StartForMux(std::shared_ptr<Service> target, sys::UniqueFd client, Session& named);
  void WatchProgram(Session& session);
  void LogStart(Session& session, pid_t pid);
  void LogExit(Session& session, sys::Exit how, pid_t pid);
  void LogTraffic(const Session& session);  // where it is known, and asked for
  void Book(Session& session, const Moved& moved);
  void CollectFailures();
  // Keeps a datagram that nobody took from being served for ever.
  void DropUnread(Session& session);

  EventLoop& loop_;
  ProgramLog& log_;
  sandbox::Launcher& launcher_;
  RelayClient& relay_;
  LookupClient& lookup_;
  TlsClient& tls_;
  Admission& admission_;
  RefusedUsers refused_users_;
  EventLoop::WatchId reports_watch_ = 0;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  std::map<SessionId, Session*> in_tls_;  // by Session::tls; null: it has ended
  AwaitedHeaders awaited_;
  std::deque<SessionId> queued_;  // Stage::kQueued, the oldest first
  EventLoop::WatchId room_watch_ = 0;
  RelayPatience patience_;
  RelayDeadlines deadlines_;
  // Refused clients the relay writes a banner to; and those whose banner it was asked to give up.
  std::set<SessionId> turned_away_, given_up_;
  std::size_t acting_ = 0;  // sessions of refused clients
  std::string gate_;
  MuxTargets mux_targets_;
  SessionId next_id_ = 1;
  std::uint64_t programs_ended_ = 0;
  Lifetimes lifetimes_;
  KillReports kill_reports_;
  Zygotes zygotes_;  // the last: what it loses at its end, nobody is told
};

}  // namespace postern::daemon
