// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/service_table.h"

#include <algorithm>
#include <map>

#include "sandbox/confine/cgroup.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::ServiceKind;
using policy::ServiceSpec;

namespace {

// xinetd tries a taken address eleven times before it gives the service up.
constexpr int kBindAttempts = 11;
constexpr std::chrono::seconds kBindPause(1);
constexpr std::chrono::seconds kTlsLook(3);

bool NeedsSocket(const ServiceSpec& spec) { return spec.kind != ServiceKind::kTcpmux; }

// May the running service take on the new description in place, counts and server included?
bool Continues(const ServiceSpec& now, const ServiceSpec& next) {
  return now.id == next.id && now.kind == next.kind && now.wait == next.wait &&
         SameSocket(now, next);
}

// Do the two want the same port (or path), whatever the address?
bool Contend(const ServiceSpec& a, const ServiceSpec& b) {
  return NeedsSocket(a) && NeedsSocket(b) && a.socket_type == b.socket_type &&
         a.listen.port == b.listen.port && a.listen.unix_path == b.listen.unix_path;
}

}  // namespace

// What becomes of one service of the new configuration.
struct ServiceTable::Step {
  std::shared_ptr<const ServiceSpec> spec;
  std::shared_ptr<Service> continued;  // the running service that becomes it
  std::shared_ptr<Service> socket_of;  // a running service that goes, and leaves it its socket
  std::optional<Listener> fresh;       // a socket opened for it
  bool inherited = false;              // `fresh` came from whoever started the daemon
  std::shared_ptr<const sandbox::LaunchPlan> launch = nullptr;  // null for what the relay serves
  std::shared_ptr<const sandbox::Profile> profile = nullptr;
  std::shared_ptr<const TlsSetup> tls = nullptr;
};

struct ServiceTable::Plan {
  std::vector<Step> steps;
  std::vector<std::shared_ptr<Service>> leaving;
  std::vector<std::shared_ptr<Service>> yielded;  // of these, who made way for a successor

  bool HasHeir(const Service& service) const {
    return std::any_of(steps.begin(), steps.end(),
                       [&](const Step& step) { return step.socket_of.get() == &service; });
  }
};

ServiceTable::ServiceTable(EventLoop& loop, ProgramLog& log, LogRegistry& logs,
                           ArrivalHandler& arrivals, RelayClient& relay, TlsClient& tls,
                           Sessions& sessions, const wrapper::Inherited& inherited,
                           InheritedSockets sockets)
    : loop_(loop),
      log_(log),
      logs_(logs),
      arrivals_(arrivals),
      relay_(relay),
      sessions_(sessions),
      inherited_(inherited),
      sockets_(std::move(sockets)),
      tls_(log, tls) {}

ServiceTable::~ServiceTable() { loop_.Cancel(tls_timer_); }

std::size_t ServiceTable::active() const {
  return static_cast<std::size_t>(std::count_if(
      services_.begin(), services_.end(),
      [](const auto& service) { return service->listener() || !NeedsSocket(service->spec()); }));
}

std::expected<ServiceTable::Counts, std::string> ServiceTable::Install(
    const policy::Configuration& configuration, bool strict) {
  TRY(const TlsSetups tls, tls_.Prepare(configuration, services_, strict));
  Plan plan = MakePlan(configuration, tls);
  const auto opened = OpenSockets(plan, strict);
  if (!opened) {
    TakeBack(plan);
    return std::unexpected(opened.error().ToString());
  }
  const Counts counts = Commit(plan, configuration.default_log);
  AnnounceMuxTargets();
  if (tls_timer_ == 0) WatchTlsFiles();
  return counts;
}

// Certificates are renewed by programs that know nothing of this one.
void ServiceTable::WatchTlsFiles() {
  tls_timer_ = 0;
  const auto speaks = [](const auto& service) { return service->tls() != nullptr; };
  if (!std::any_of(services_.begin(), services_.end(), speaks)) return;
  tls_timer_ = loop_.After(kTlsLook, [this] {
    tls_.Look(services_);
    WatchTlsFiles();
  });
}

ServiceTable::Plan ServiceTable::MakePlan(const policy::Configuration& configuration,
                                          const TlsSetups& tls) const {
  Plan plan;
  std::map<std::string, std::shared_ptr<Service>> by_id;
  for (const auto& service : services_) by_id.emplace(service->spec().id, service);
  for (const auto& spec : configuration.services) {
    Step step{spec, nullptr, nullptr, std::nullopt, false};
    if (!PlanLaunch(step)) continue;
    if (spec->tls) {
      const auto setup = tls.find(spec->id);
      if (setup == tls.end()) continue;  // it stays down
      step.tls = setup->second;
    }
    const auto found = by_id.find(spec->id);
    if (found != by_id.end() && Continues(found->second->spec(), *spec)) {
      step.continued = found->second;
      by_id.erase(found);
    }
    plan.steps.push_back(std::move(step));
  }
  for (const auto& [id, service] : by_id) plan.leaving.push_back(service);
  for (Step& step : plan.steps) {
    if (step.continued || !NeedsSocket(*step.spec)) continue;
    const auto same = std::find_if(plan.leaving.begin(), plan.leaving.end(), [&](const auto& old) {
      // A socket that a wait = yes server has had is shared with whatever it left behind: nobody
      // may accept on it here (Listener::RefuseWaiting).
      return old->listener() && SameSocket(old->spec(), *step.spec) &&
             HandsOverListener(old->spec()) == HandsOverListener(*step.spec);
    });
    if (same != plan.leaving.end()) step.socket_of = *same;
  }
  return plan;
}

// False: the service stays down. The one of that name that runs goes, as with any other error.
bool ServiceTable::PlanLaunch(Step& step) const {
  const ServiceSpec& spec = *step.spec;
  if (spec.kind != ServiceKind::kProgram && spec.kind != ServiceKind::kTcpmux) return true;
  step.launch = wrapper::MakeLaunchPlan(spec, inherited_);
  const auto make = learning_ ? &wrapper::ProfileToLearn : &wrapper::ProfileOf;
  auto profile = make(spec, *step.launch, machine_);
  if (!profile) {
    log_.Error("service " + spec.id +
               " stays down: its sandbox cannot be described: " + profile.error());
    return false;
  }
  step.profile = std::move(*profile);
  return true;
}

// First what can be opened beside the old services, then what one that goes holds in another shape
// (every address instead of one): whatever fails by itself fails before a service has to make way.
sys::Status ServiceTable::OpenSockets(Plan& plan, bool strict) {
  std::vector<Step*> contended;
  for (Step& step : plan.steps) {
    const bool has_one = (step.continued && step.continued->listener()) || step.socket_of;
    if (has_one || !NeedsSocket(*step.spec)) continue;
    const auto listening = OpenFor(step);
    if (listening) continue;
    const bool in_use = listening.error().number == EADDRINUSE;
    const bool may_be_freed =
        in_use && std::any_of(plan.leaving.begin(), plan.leaving.end(), [&](const auto& old) {
          return old->listener() && Contend(old->spec(), *step.spec);
        });
    if (may_be_freed) {
      contended.push_back(&step);
    } else if (strict && !step.continued) {
      // A running service that never got its socket is no reason to refuse the rest.
      return listening;
    }
  }
  for (Step* step : contended) {
    const auto opened = OpenContended(plan, *step);
    if (!opened && strict && !step->continued) return opened;
  }
  return {};
}

// A server that has the socket of a service that goes may keep it, as long as it runs.
sys::Status ServiceTable::OpenContended(Plan& plan, Step& step) {
  for (const auto& old : plan.leaving) {
    if (!old->listener() || !Contend(old->spec(), *step.spec) || plan.HasHeir(*old)) continue;
    if (old->held(Hold::kServing) && HandsOverListener(old->spec())) continue;
    if (std::find(plan.yielded.begin(), plan.yielded.end(), old) != plan.yielded.end()) continue;
    if (old->YieldAddress()) plan.yielded.push_back(old);
  }
  return OpenFor(step);
}

// Inherited sockets first.
sys::Status ServiceTable::OpenFor(Step& step) {
  if (auto socket = sockets_.Take(*step.spec)) {
    step.fresh = Listener::Adopt(std::move(*socket), *step.spec);
    step.inherited = true;
    return {};
  }
  TRY(step.fresh, Listener::Open(*step.spec));
  return {};
}

void ServiceTable::TakeBack(Plan& plan) {
  for (Step& step : plan.steps) {
    if (step.inherited) sockets_.Return(step.fresh->Release());
    step.fresh.reset();
  }
  for (const auto& old : plan.yielded) {
    const auto reclaimed = old->ReclaimAddress();
    if (!reclaimed) log_.Error(old->spec().id + ": " + reclaimed.error().ToString());
  }
}

ServiceTable::Counts ServiceTable::Commit(Plan& plan, const policy::LogTarget& common_log) {
  Counts counts;
  services_.clear();
  for (Step& step : plan.steps) {
    if (!step.socket_of) continue;
    // A service that cps has closed does not listen: its heir must.
    if (step.socket_of->held(Hold::kClosed)) {
      sys::IgnoreError(step.socket_of->ReopenListener(), "Listen() below reports what is wrong");
    }
    step.fresh = step.socket_of->TakeListener();
  }
  for (const auto& service : plan.leaving) {
    log_.Notice("service " + service->spec().id + " deactivated");
    service->Retire();
    if (service->profile()) sessions_.zygotes().Release(service->profile());
    ++counts.dropped;
  }
  for (Step& step : plan.steps) Settle(step, common_log, counts);
  return counts;
}

void ServiceTable::Settle(Step& step, const policy::LogTarget& common_log, Counts& counts) {
  Service::Definition definition{step.spec, step.launch, step.profile,
                                 logs_.Acquire(*step.spec, common_log), step.tls};
  if (step.profile) PrepareSandbox(step);
  if (step.continued) {
    log_.Debug("readjusting service " + step.spec->id);
    if (step.continued->profile()) sessions_.zygotes().Release(step.continued->profile());
    const auto redefined = step.continued->Redefine(std::move(definition));
    if (!redefined) log_.Error(step.spec->id + ": " + redefined.error().ToString());
    services_.push_back(step.continued);
    ++counts.kept;
    if (!step.fresh) return;
    const auto listening = step.continued->Listen(std::move(*step.fresh));
    if (!listening) log_.Error(step.spec->id + ": " + listening.error().ToString());
    return;
  }
  auto service = std::make_shared<Service>(loop_, arrivals_, std::move(definition));
  services_.push_back(service);
  ++counts.added;
  if (!NeedsSocket(*step.spec)) return;
  if (!step.fresh) return Bind(service, 1);
  const auto listening = service->Listen(std::move(*step.fresh));
  if (!listening) log_.Error(step.spec->id + ": " + listening.error().ToString());
}

// Version 2 of control groups takes a group with processes of its own as none to divide
// (cgroups(7)).
void ServiceTable::MakeRoomForCgroups() {
  if (aside_) return;
  aside_ = true;
  const auto moved = sandbox::StepAsideInCgroup();
  if (!moved) log_.Warning("control groups: " + moved.error().ToString());
}

// `zygote = eager`, and what learns: its first connection is not to be the only one it sees before
// it is idle. One that fails now is tried again at the first connection.
void ServiceTable::PrepareSandbox(const Step& step) {
  if (step.profile->cgroup.any()) MakeRoomForCgroups();
  const bool eager = step.spec->confinement->zygote == policy::ZygoteStart::kEager;
  if (!eager && !step.profile->learning) return;
  if (step.profile->once) return;  // it would wait for a connection that gets its own
  const auto prepared = sessions_.zygotes().Prepare(step.profile);
  if (!prepared) log_.Error(step.spec->id + ": " + prepared.error().ToString());
}

void ServiceTable::Bind(const std::shared_ptr<Service>& service, int attempt) {
  const std::string& id = service->spec().id;
  auto listener = Listener::Open(service->spec());
  if (listener) {
    const auto listening = service->Listen(std::move(*listener));
    if (!listening) log_.Error(id + ": " + listening.error().ToString());
    return;
  }
  log_.Error(listener.error().ToString() + ". service = " + id);
  if (attempt >= kBindAttempts) {
    log_.Error("Service " + id + " failed to start and is deactivated.");
    return;
  }
  std::weak_ptr<Service> weak = service;
  loop_.After(kBindPause, [this, weak, attempt] {
    const auto waiting = weak.lock();
    // A reload may have found it a socket meanwhile.
    if (waiting && !waiting->retired() && !waiting->listener()) Bind(waiting, attempt + 1);
  });
}

void ServiceTable::AnnounceMuxTargets() {
  std::vector<RelayClient::MuxName> names;
  Sessions::MuxTargets targets;
  for (const auto& service : services_) {
    const ServiceSpec& spec = service->spec();
    if (spec.kind != ServiceKind::kTcpmux) continue;
    if (names.size() >= kMaxMuxNames || spec.name.size() > kMaxMuxName) {
      log_.Error(spec.id + ": not reachable through tcpmux: it takes " +
                 std::to_string(kMaxMuxNames) + " names of at most " + std::to_string(kMaxMuxName) +
                 " bytes");
      continue;
    }
    const auto index = static_cast<std::uint32_t>(service->serial());
    names.push_back({index, spec.name});
    targets.emplace(index, service);
  }
  sessions_.SetMuxTargets(std::move(targets));
  relay_.SetMuxNames(std::move(names));
}

}  // namespace postern::daemon
