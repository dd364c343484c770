// SPDX-License-Identifier: BSD-2-Clause
// posternd put together: configuration, listeners, sessions, relay, logs, signals, and the loop.
//
// Made by main after the command line is read and the process has become a daemon; Run() returns
// the exit status.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "daemon/acceptor/acceptor.h"
#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/inherited_sockets.h"
#include "daemon/acceptor/lookup_client.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/acceptor/service_table.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/log_registry.h"
#include "daemon/log/program_log.h"
#include "daemon/options.h"
#include "policy/service/configuration.h"
#include "wrapper/access/hosts_files.h"

namespace postern::daemon {

struct DaemonStart {
  Options options;
  std::string start_directory;  // relative paths of the configuration count from here
  wrapper::Inherited inherited;
  InheritedSockets sockets;
  std::vector<std::string> relay_command, lookup_command;
  TlsCommands tls_commands;
  std::string gate_program;
  std::string zygote_program;
  std::unique_ptr<sandbox::Launcher> launcher;
  sandbox::sys::UniqueFd record;  // gets what is learned; options.learn
};

class Daemon final : private EventHandler {
 public:
  // Everything up to the first listening socket. The error is one line for the administrator; the
  // program log has it too.
  static std::expected<std::unique_ptr<Daemon>, std::string> Make(DaemonStart start);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until a signal ends it.
  int Run();

 private:
  Daemon(DaemonStart start, std::unique_ptr<ProgramLog> log, std::unique_ptr<EventLoop> loop,
         sandbox::sys::UniqueFd signals);

  std::expected<void, std::string> StartServices();
  policy::Configuration Load() const;
  std::expected<ServiceTable::Counts, std::string> Install(
      const policy::Configuration& configuration, bool strict);
  std::expected<void, std::string> PrepareLearning(policy::Configuration& configuration);
  bool LearnedEnough() const;
  void LogDiagnostics(const policy::Configuration& configuration);
  void OnReady(std::uint32_t ready) override;  // a signal
  void HandleSignal(int signal);
  void Reload();
  void DumpState();
  void CheckConsistency(bool say_when_fine);
  void ScheduleConsistencyCheck();
  void Finish();

  DaemonStart start_;
  std::unique_ptr<ProgramLog> log_;
  std::unique_ptr<EventLoop> loop_;
  sandbox::sys::UniqueFd signals_;
  EventLoop::WatchId signals_watch_ = 0;
  LogRegistry logs_;
  wrapper::HostsFiles hosts_files_;
  Admission admission_;
  RelayClient relay_;
  LookupClient lookup_;
  TlsClient tls_;
  Sessions sessions_;
  Acceptor acceptor_;
  ServiceTable table_;
  EventLoop::TimerId check_timer_ = 0;
  bool finished_ = false;
};

}  // namespace postern::daemon
