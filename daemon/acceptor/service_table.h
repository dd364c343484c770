// SPDX-License-Identifier: BSD-2-Clause
// All services of the running configuration, and the one way to get from one configuration to the
// next.
//
// Install() is atomic: either every socket the new configuration needs is there, or nothing has
// changed. Sessions are never touched: those of a service that went run on to their end.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/inherited_sockets.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/acceptor/tls_keeper.h"
#include "daemon/log/log_registry.h"
#include "daemon/log/program_log.h"
#include "policy/service/configuration.h"
#include "wrapper/launch/launch_plan.h"
#include "wrapper/launch/learning_profile.h"
#include "wrapper/launch/profile_of.h"

namespace postern::daemon {

class ServiceTable {
 public:
  ServiceTable(EventLoop& loop, ProgramLog& log, LogRegistry& logs, ArrivalHandler& arrivals,
               RelayClient& relay, TlsClient& tls, Sessions& sessions,
               const wrapper::Inherited& inherited, InheritedSockets sockets);
  ~ServiceTable();

  struct Counts {
    std::size_t added = 0, kept = 0, dropped = 0;
  };
  // From now on services are confined to be learned (wrapper/launch/learning_profile.h).
  void LearnServices() { learning_ = true; }

  // The first time, a service whose address is taken is tried again for a while, as by xinetd, and
  // the others run; at a reload (`strict`) it makes the whole reload fail, with the error's text.
  std::expected<Counts, std::string> Install(const policy::Configuration& configuration,
                                             bool strict);

  const std::vector<std::shared_ptr<Service>>& services() const { return services_; }
  std::size_t unclaimed_sockets() const { return sockets_.left(); }  // inherited, and nobody's
  std::size_t active() const;  // services with a socket, or startable through tcpmux

 private:
  struct Plan;
  struct Step;

  Plan MakePlan(const policy::Configuration& configuration, const TlsSetups& tls) const;
  sandbox::sys::Status OpenSockets(Plan& plan, bool strict);
  sandbox::sys::Status OpenFor(Step& step);
  sandbox::sys::Status OpenContended(Plan& plan, Step& step);
  void TakeBack(Plan& plan);
  Counts Commit(Plan& plan, const policy::LogTarget& common_log);
  void Settle(Step& step, const policy::LogTarget& common_log, Counts& counts);
  bool PlanLaunch(Step& step) const;
  void PrepareSandbox(const Step& step);
  void MakeRoomForCgroups();
  void Bind(const std::shared_ptr<Service>& service, int attempt);
  void AnnounceMuxTargets();
  void WatchTlsFiles();

  EventLoop& loop_;
  ProgramLog& log_;
  LogRegistry& logs_;
  ArrivalHandler& arrivals_;
  RelayClient& relay_;
  Sessions& sessions_;
  wrapper::Inherited inherited_;
  wrapper::Machine machine_ = wrapper::ReadMachine();
  bool learning_ = false;
  bool aside_ = false;  // the daemon is out of the way of its services' control groups
  InheritedSockets sockets_;
  TlsKeeper tls_;
  EventLoop::TimerId tls_timer_ = 0;
  std::vector<std::shared_ptr<Service>> services_;
};

}  // namespace postern::daemon
