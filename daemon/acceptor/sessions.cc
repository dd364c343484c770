// SPDX-License-Identifier: BSD-2-Clause
// Beginning, ending and recording sessions. What the relay is asked and answers is in
// relayed_sessions.cc.
#include "daemon/acceptor/sessions.h"

#include <algorithm>
#include <csignal>

#include "daemon/acceptor/behind_relay.h"
#include "daemon/acceptor/connection_environment.h"
#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/gate_report.h"
#include "daemon/acceptor/proxy_environment.h"
#include "daemon/gate_words.h"
#include "daemon/log/record.h"
#include "sandbox/sys/process.h"
#include "wrapper/launch/launch_plan.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::ServiceKind;

namespace {

constexpr std::chrono::seconds kRetryPause(5);  // as xinetd
constexpr int kMaxAttempts = 5;
constexpr std::chrono::seconds kRepeatedFailure(60);

// Where the client came to. On the way, the socket of an IPv4 client (or proxy) of a dual-stack
// listener becomes an IPv4 socket, as under xinetd: old programs know no other kind.
std::optional<policy::Endpoint> LocalEndpoint(const Session& session, const sys::UniqueFd& socket) {
  const auto local = sys::LocalAddress(socket);
  const auto own = local ? EndpointOf(*local) : std::nullopt;
  const bool tcp = session.service->spec().socket_type == policy::SocketType::kStream &&
                   !HandsOverListener(session.service->spec());
  if (tcp && own && own->address.is_v4() && !local->is_v4()) {
    sys::IgnoreError(sys::TurnIntoIpv4(socket), "the program sees the mapped address then");
  }
  return session.local ? session.local : own;
}

// What the program is told of this one connection, in its environment.
std::vector<std::string> WordsFor(const Session& session, const sys::UniqueFd& connection) {
  auto words = ConnectionEnvironment(
      session.service->spec(), session.peer ? LocalEndpoint(session, connection) : std::nullopt,
      session.peer);
  const auto told = session.told ? ProxyEnvironment(*session.told) : std::vector<std::string>();
  words.insert(words.end(), told.begin(), told.end());
  words.insert(words.end(), session.tls_words.begin(), session.tls_words.end());
  return words;
}

}  // namespace

Sessions::Sessions(EventLoop& loop, ProgramLog& log, sandbox::Launcher& launcher,
                   RelayClient& relay, LookupClient& lookup, TlsClient& tls, Admission& admission,
                   const RelayPatience& patience)
    : loop_(loop),
      log_(log),
      launcher_(launcher),
      relay_(relay),
      lookup_(lookup),
      tls_(tls),
      admission_(admission),
      refused_users_(lookup),
      patience_(patience),
      deadlines_(loop, relay, patience.stop),
      lifetimes_(loop, log),
      kill_reports_(log),
      zygotes_(loop, log, *this) {}

Sessions::~Sessions() {
  loop_.Unwatch(launcher_.report_descriptor(), reports_watch_);
  loop_.Unwatch(launcher_.room_descriptor(), room_watch_);
  for (auto& [id, session] : sessions_) loop_.Unwatch(session->pidfd, session->watch);
}

sys::Status Sessions::Prepare() {
  TRY(reports_watch_, loop_.Watch(launcher_.report_descriptor(), sys::kReadable, *this));
  return {};
}

void Sessions::Abandon() {
  while (const auto awaited = awaited_.TakeAny()) RecordProxyRefusal(*awaited, "posternd ends");
  for (auto& [id, session] : sessions_) {
    if (session->with_relay()) LogExit(*session, {std::nullopt, SIGTERM}, relay_.pid());
    loop_.Unwatch(session->pidfd, session->watch);
    CancelTimers(*session);
    LeaveHandshake(*session);
  }
  sessions_.clear();
  in_tls_.clear();
  deadlines_.Clear();
  admission_.TellUnrecorded();
}

void Sessions::ForEach(const std::function<void(const Session&)>& visit) const {
  for (const auto& [id, session] : sessions_) visit(*session);
}

Session& Sessions::Begin(std::shared_ptr<Service> service, std::optional<policy::Endpoint> peer,
                         const Admitted& admitted, bool refused) {
  const SessionId id = next_id_++;
  auto session = std::make_unique<Session>(id, std::move(service), *this);
  session->peer = std::move(peer);
  session->started = loop_.now();
  session->admitted = admitted;
  session->refused = refused;
  if (refused) {
    ++acting_;
  } else {
    session->service->limits().Started(session->address());
    ++admission_.total_running;
  }
  return *sessions_.emplace(id, std::move(session)).first->second;
}

std::unique_ptr<Session> Sessions::End(Session& session) {
  loop_.Unwatch(session.pidfd, session.watch);
  CancelTimers(session);
  LeaveHandshake(session);
  deadlines_.Answered(session.id);
  const std::shared_ptr<Service> service = session.service;
  if (session.refused) {
    --acting_;
  } else {
    service->limits().Finished(session.address());
    --admission_.total_running;
  }
  const bool had_the_socket =
      session.stage == Stage::kDatagram || (service->spec().wait && !session.refused);
  if (session.tls != 0) in_tls_[session.tls] = nullptr;
  auto ended = std::move(sessions_.extract(session.id).mapped());
  if (had_the_socket) service->Release(Hold::kServing);
  return ended;
}

Session* Sessions::Find(SessionId id, Stage stage) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second->stage != stage) return nullptr;
  return found->second.get();
}

void Sessions::Serve(std::shared_ptr<Service> service, sys::UniqueFd connection, Peer peer,
                     const Admitted& admitted, const wrapper::Connection& ends) {
  Session& session = Begin(std::move(service), std::move(peer), admitted);
  Receive(session, std::move(connection), ends);
}

void Sessions::Welcome(Session& session, sys::UniqueFd connection) {
  const std::string& banner = session.service->spec().banners.on_success;
  if (AskBanners(*session.service, banner, session.id, /*give_back=*/true, connection)) {
    session.stage = Stage::kBanner;
    session.connection = std::move(connection);
  } else {
    Dispatch(session, std::move(connection));
  }
}

void Sessions::Dispatch(Session& session, sys::UniqueFd connection) {
  // A reload has brought tcpd in since the client was admitted.
  if (session.local && !session.refused && IsBlindTcpd(session.service->spec(), session.admitted)) {
    session.connection = std::move(connection);
    return FailToStart(session, kBlindTcpd);
  }
  return session.service->tls() ? ShakeHands(session, std::move(connection))
                                : HandOver(session, std::move(connection));
}

void Sessions::HandOver(Session& session, sys::UniqueFd connection) {
  const policy::ServiceSpec& spec = session.service->spec();
  switch (spec.kind) {
    case ServiceKind::kProgram:
    case ServiceKind::kTcpmux:
      // Behind postern-tls is as good.
      return BehindRelay(spec) && !session.service->tls() ? Splice(session, std::move(connection))
                                                          : Launch(session, std::move(connection));
    case ServiceKind::kRedirect:
      return GiveToRelay(session, Stage::kRelay, std::move(connection));
    case ServiceKind::kInternal:
      break;
  }
  const bool mux = spec.builtin == policy::Builtin::kTcpmux;
  GiveToRelay(session, mux ? Stage::kMux : Stage::kRelay, std::move(connection));
}

void Sessions::ServeWaiting(std::shared_ptr<Service> service, std::optional<policy::Endpoint> peer,
                            std::optional<sys::QueuedDatagram> first, const Admitted& admitted) {
  Session& session = Begin(std::move(service), std::move(peer), admitted);
  session.first_datagram = std::move(first);
  session.service->Place(Hold::kServing);
  auto socket = sys::UniqueFd::DuplicateOf(session.service->listener().socket().get());
  if (!socket) return FailToStart(session, sys::LastError("fcntl").error().ToString());
  Launch(session, std::move(socket));
}

void Sessions::Launch(Session& session, sys::UniqueFd connection) {
  if (!queued_.empty()) return Enqueue(session, std::move(connection));
  TryLaunch(session, std::move(connection));
}

void Sessions::Enqueue(Session& session, sys::UniqueFd connection) {
  session.stage = Stage::kQueued;
  session.connection = std::move(connection);
  queued_.push_back(session.id);
  if (room_watch_ != 0) return;
  const auto watch = loop_.Watch(launcher_.room_descriptor(), sys::kReadable, *this);
  if (watch) {
    room_watch_ = *watch;
    return;
  }
  queued_.pop_back();
  Retry(session, std::move(session.connection), watch.error());
}

void Sessions::LaunchQueued() {
  while (!queued_.empty() && launcher_.HasRoom()) {
    Session* session = Find(queued_.front(), Stage::kQueued);
    queued_.pop_front();
    if (session != nullptr) TryLaunch(*session, std::move(session->connection));
  }
  if (queued_.empty()) loop_.Unwatch(launcher_.room_descriptor(), room_watch_);
}

// The service may have been redefined since the connection was admitted.
const std::shared_ptr<const sandbox::LaunchPlan>& Sessions::PlanOf(const Session& session) const {
  const policy::ServiceSpec& spec = session.service->spec();
  const auto& plan = session.service->plan();
  SubstitutePlans& known = session.service->substitutes;
  if (session.admitted.way == Way::kGate) {
    const char* ends = session.local ? kGateIsToldEnds : kGateAsksSocket;
    auto& gates = session.local ? known.gate_of_told : known.gate_of_socket;
    auto& gate = session.refused ? gates.refusing : gates.deciding;
    const char* decides = session.service->profile() ? kGateAdvises : kGateDecides;
    const char* mode = session.refused ? kGateRefuses : decides;
    if (!gate) gate = wrapper::ThroughGate(*plan, gate_, {mode, ends, spec.libwrap_name});
    return gate;
  }
  if (session.admitted.way != Way::kUnwrapped || !spec.wrapped) return plan;
  if (!known.unwrapped) known.unwrapped = wrapper::Unwrapped(*plan, *spec.wrapped);
  return known.unwrapped;
}

void Sessions::TryLaunch(Session& session, sys::UniqueFd connection) {
  if (session.tcpmux_greeting) {
    static constexpr char kGo[] = "+Go\r\n";  // RFC 1078
    sys::IgnoreError(sys::SendSome(connection, std::as_bytes(std::span(kGo, sizeof kGo - 1))),
                     "a client that is gone is the program's to notice");
    session.tcpmux_greeting = false;
  }
  auto extra = WordsFor(session, connection);
  const bool confined = session.service->profile() && !session.refused;
  if (confined && (session.admitted.way != Way::kGate || session.advice)) {
    return LaunchConfined(session, std::move(extra), std::move(connection));
  }
  if (confined && !KeepCopy(session, connection)) return;  // while the gate decides
  auto launched = launcher_.Start(PlanOf(session), extra, connection);
  if (!launched && launched.error().number == EBUSY) return Enqueue(session, std::move(connection));
  if (!launched) return Retry(session, std::move(connection), launched.error());
  session.stage = Stage::kProgram;
  session.pid = launched->pid;
  session.launch = launched->id;
  session.pidfd = std::move(launched->pidfd);
  session.gate_status = std::move(launched->status);
  if (!session.refused && !confined) LogStart(session, session.pid);
  if (session.admitted.way == Way::kUnwrapped) {
    admission_.TellUnwrapped(*session.service, session.peer, session.admitted.priority, session.pid,
                             session.inquiry ? session.inquiry->findings : Findings());
  }
  WatchProgram(session);
}

void Sessions::WatchProgram(Session& session) {
  const auto watch = loop_.Watch(session.pidfd, sys::kReadable, session);
  if (watch) {
    session.watch = *watch;
    return;
  }
  // A program whose end cannot be noticed would count for ever: it may not run.
  log_.Error(session.service->spec().id + ": " + watch.error().ToString() +
             ": the server is killed");
  sys::IgnoreError(sys::SignalPidfd(session.pidfd, SIGKILL), "it may be dead already");
  launcher_.Ended(session.launch);
  LogExit(session, {std::nullopt, SIGKILL}, session.pid);
  EndService(session);
}

// xinetd.conf(5), NORETRY: a fork that fails is tried again, the client waits meanwhile.
void Sessions::Retry(Session& session, sys::UniqueFd connection, const sys::Error& error) {
  const policy::ServiceSpec& spec = session.service->spec();
  ++session.attempts;
  session.connection = std::move(connection);
  if (spec.no_retry) return FailToStart(session, "fork failed: " + error.ToString());
  if (session.attempts >= kMaxAttempts) {
    return FailToStart(session, "too many consecutive fork failures: " + error.ToString());
  }
  log_.Error(spec.id + ": fork failed: " + error.ToString());
  session.stage = Stage::kRetry;
  session.retry_timer = loop_.After(kRetryPause, [this, &session] {
    session.retry_timer = 0;
    Launch(session, std::move(session.connection));
  });
}

void Sessions::FailToStart(Session& session, const std::string& why) {
  const policy::ServiceSpec& spec = session.service->spec();
  // A datagram or a waiting client is still there: it is tried again after a pause, and has its
  // record.
  const bool still_there = session.stage == Stage::kDatagram || spec.wait;
  Service& service = *session.service;
  const bool told = still_there && service.last_failed_start &&
                    loop_.now() - *service.last_failed_start < kRepeatedFailure;
  if (session.refused) {
    log_.Error(spec.id + ", options of an access rule: " + why);
  } else if (!told) {
    log_.Error(spec.id + ": " + why);
    service.log().Write(
        FailRecord{spec.id, policy::ReasonText(policy::DenyReason::kFork), session.address()},
        spec.log_on_failure);
    if (session.inquiry) RefusedUsers::Log(service, session.peer, session.inquiry->user);
    service.last_failed_start = loop_.now();
  }
  if (still_there) service.Starve();
  CutOff(session);
  EndService(session);
}

void Sessions::LogStart(Session& session, pid_t pid) {
  session.start_logged = true;
  LogUser(session, pid);
  session.service->log().Write(StartRecord{session.service->spec().id, pid, session.address()},
                               session.service->spec().log_on_success);
  LogTraffic(session);
}

void Sessions::LogTraffic(const Session& session) {
  const policy::ServiceSpec& spec = session.service->spec();
  if (!session.moved || !spec.log_on_success.traffic) return;
  session.service->log().Write(
      TrafficRecord{spec.id, session.moved->bytes_in, session.moved->bytes_out},
      spec.log_on_success);
}

void Sessions::LogExit(Session& session, sys::Exit how, pid_t pid) {
  if (!session.start_logged) return;
  const auto duration =
      std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - session.started);
  session.service->log().Write(ExitRecord{session.service->spec().id, how, pid, duration},
                               session.service->spec().log_on_success);
}

void Sessions::OnProgramExit(Session& session) {
  const auto reaped = sys::ReapPidfd(session.pidfd);
  if (reaped && !*reaped) return;
  const sys::Exit exit = reaped ? **reaped : sys::Exit{};
  // The child tells before it exits, so what it told is there now.
  if (exit.status == sandbox::kLaunchFailed) CollectFailures();
  launcher_.Ended(session.launch);
  if (!session.gate_status || !FollowGate(session, exit)) OnEnd(session, exit);
  LaunchQueued();
}

void Sessions::OnEnd(Session& session, sys::Exit how) {
  ++programs_ended_;
  LogExit(session, how, session.pid);
  DropUnread(session);
  EndService(session);
}

void Sessions::OnReady(std::uint32_t /*ready*/) {
  CollectFailures();
  LaunchQueued();
}

void Sessions::CollectFailures() {
  for (const sandbox::LaunchFailure& failure : launcher_.Collect()) {
    const auto found = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& item) {
      return item.second->launch == failure.id;
    });
    if (found == sessions_.end()) continue;
    const Session& session = *found->second;
    TellFailure(session.service->spec(), PlanOf(session)->parts().path, failure.step,
                failure.error);
  }
}

void Sessions::TellFailure(const policy::ServiceSpec& spec, const std::string& program,
                           sandbox::LaunchStep step, int error) {
  log_.Error(spec.id + ": " + std::string(sandbox::StepText(step)) + " " + program +
             " failed: " + sys::ErrnoText(error) + "; the server did not run");
}

}  // namespace postern::daemon
