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
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/acceptor/relay_deadlines.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/session.h"
#include "daemon/log/program_log.h"
#include "sandbox/launch.h"

namespace postern::daemon {

class Sessions final : public RelayAnswers, public SessionEvents, public EventHandler {
 public:
  Sessions(EventLoop& loop, ProgramLog& log, sandbox::Launcher& launcher, RelayClient& relay,
           Admission& admission, const RelayPatience& patience = {});
  ~Sessions();
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // Where postern-gate is.
  void SetGate(std::string program) { gate_ = std::move(program); }

  // Watches for what launched children have to tell.
  sandbox::sys::Status Prepare();

  // An admitted stream connection, wait = no.
  void Serve(std::shared_ptr<Service> service, sandbox::sys::UniqueFd connection,
             std::optional<policy::Endpoint> peer, const Admitted& admitted = {});
  // A refused one: it gets the banners for that, and is closed. Of so many that read slowly the
  // oldest does not get the rest of its banner. Where options of an access rule act (`acts`),
  // postern-gate gets it; when so many of those run, they do not act.
  static constexpr std::size_t kMaxTurnedAway = 128, kMaxActing = 16;
  void TurnAway(Service& service, sandbox::sys::UniqueFd connection,
                const std::optional<policy::Endpoint>& peer = std::nullopt, bool acts = false);
  // Starts the server of a wait = yes service on the listening socket itself.
  void ServeWaiting(std::shared_ptr<Service> service, std::optional<policy::Endpoint> peer,
                    std::optional<sandbox::sys::QueuedDatagram> first,
                    const Admitted& admitted = {});
  // Has the relay answer the first queued datagram of an internal service.
  void ServeDatagram(std::shared_ptr<Service> service, const sandbox::sys::QueuedDatagram& first);

  // Which service a tcpmux name of the relay's table means: by Service::serial().
  using MuxTargets = std::map<std::uint32_t, std::weak_ptr<Service>>;
  void SetMuxTargets(MuxTargets targets) { mux_targets_ = std::move(targets); }

  // The daemon's end: what the relay serves stops, programs are left running, as with xinetd.
  void Abandon();

  std::size_t count() const { return sessions_.size(); }
  void ForEach(const std::function<void(const Session&)>& visit) const;

  bool OnDone(const AnswerDone& answer) override;
  bool OnMux(const AnswerMux& answer) override;
  bool OnBanner(const AnswerBanner& answer) override;
  bool OnDatagram(const AnswerDatagram& answer) override;
  bool OnSplice(const AnswerSplice& answer) override;
  void OnRelayLost() override;
  void OnProgramExit(Session& session) override;
  void OnReady(std::uint32_t ready) override;  // launch reports, and room for the queue

 private:
  Session& Begin(std::shared_ptr<Service> service, std::optional<policy::Endpoint> peer,
                 const Admitted& admitted = {}, bool refused = false);
  void End(Session& session);
  // The program is over, or never was: the session too, unless the relay has not ended.
  void EndProgram(Session& session);
  Session* Find(SessionId id, Stage stage);

  void Dispatch(Session& session, sandbox::sys::UniqueFd connection);
  // Starts the program, or puts the session at the queue's end.
  void Launch(Session& session, sandbox::sys::UniqueFd connection);
  void Enqueue(Session& session, sandbox::sys::UniqueFd connection);
  void LaunchQueued();
  void TryLaunch(Session& session, sandbox::sys::UniqueFd connection);
  void Retry(Session& session, sandbox::sys::UniqueFd connection, const sandbox::sys::Error& error);
  void GiveToRelay(Session& session, Stage stage, sandbox::sys::UniqueFd connection);
  // Has the relay take the client of a program that is then started behind it (OnSplice).
  void Splice(Session& session, sandbox::sys::UniqueFd client);
  void OnSpliceDone(Session& session, const AnswerDone& answer);
  void LoseSplices();
  sandbox::sys::Status AskFor(const Session& session, int connection);
  bool AskBanners(Service& service, const std::string& outcome_banner, SessionId id, bool give_back,
                  const sandbox::sys::UniqueFd& connection);
  void Explain(const policy::ServiceSpec& spec, const AnswerDone& answer);
  bool MakeRoomToTurnAway();
  // Refuses what had been admitted, when it cannot be started.
  void FailToStart(Session& session, const std::string& why);
  std::expected<Admitted, Refusal> AdmitForMux(Service& target,
                                               const std::optional<policy::Endpoint>& peer,
                                               const sandbox::sys::UniqueFd& client);
  bool LetOptionsAct(Service& service, sandbox::sys::UniqueFd& connection,
                     const std::optional<policy::Endpoint>& peer);
  const std::shared_ptr<const sandbox::LaunchPlan>& PlanOf(const Session& session) const;
  void FollowGate(Session& session, sandbox::sys::Exit exit);
  void StartForMux(std::shared_ptr<Service> target, sandbox::sys::UniqueFd client,
                   std::optional<policy::Endpoint> peer);
  void LogStart(Session& session, pid_t pid);
  void LogExit(Session& session, sandbox::sys::Exit how, pid_t pid);
  void CollectFailures();
  // Keeps a datagram that nobody took from being served for ever.
  void DropUnread(Session& session);

  EventLoop& loop_;
  ProgramLog& log_;
  sandbox::Launcher& launcher_;
  RelayClient& relay_;
  Admission& admission_;
  EventLoop::WatchId reports_watch_ = 0;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
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
};

}  // namespace postern::daemon
