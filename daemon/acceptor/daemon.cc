// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/daemon.h"

#include <algorithm>
#include <csignal>

#include "daemon/acceptor/consistency.h"
#include "daemon/acceptor/pid_file.h"
#include "daemon/acceptor/state_dump.h"
#include "sandbox/filter/daemon_filter.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/memory.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/random.h"
#include "wrapper/config/system_view.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Listeners, connections in hand, pidfds: what one process may reasonably need.
constexpr std::uint64_t kWantedDescriptors = 262144;
// At most, where the configuration has no number: each takes memory, used or not.
constexpr std::size_t kTlsWorkers = 8;

std::expected<std::unique_ptr<ProgramLog>, std::string> OpenLog(const Options& options) {
  ProgramLogTarget target;
  target.file = options.log_file;
  if (options.log_file.empty()) target.syslog_facility = options.syslog_facility;
  target.standard_error = options.debug;
  auto log = ProgramLog::Open(std::move(target));
  if (!log) return std::unexpected(log.error().ToString());
  return std::move(*log);
}

template <typename T>
std::expected<T, std::string> OrText(sys::Result<T> result) {
  if (!result) return std::unexpected(result.error().ToString());
  return std::move(*result);
}

}  // namespace

std::expected<std::unique_ptr<Daemon>, std::string> Daemon::Make(DaemonStart start) {
  // Signals are read from a descriptor; none interrupts the code, or a child that shares its
  // memory.
  TRY(sys::UniqueFd signals,
      OrText(sys::CatchSignals({SIGHUP, SIGUSR1, SIGUSR2, SIGABRT, SIGTERM, SIGQUIT, SIGINT,
                                SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGWINCH, SIGCONT, SIGTSTP,
                                SIGTTIN, SIGTTOU})));
  sys::ResetSignalActions();
  // SIGXFSZ: a log at the limit of a file's size is an error to report, not a death (setrlimit(2)).
  sys::IgnoreSignals({SIGPIPE, SIGXFSZ});
  TRY(auto log, OpenLog(start.options));
  TRY(auto loop, OrText(EventLoop::Make()));
  // Against ptrace and /proc/PID/mem by a service's user, while a launch shares our memory with a
  // child that has become that user (sandbox/launch.h).
  if (auto hidden = sys::ForbidInspection(); !hidden) {
    return std::unexpected(hidden.error().ToString());
  }
  if (sys::SuidDumpable() == 1) {
    return std::unexpected(
        "fs.suid_dumpable is 1: any service could read this daemon's memory; "
        "set it to 0 (sysctl fs.suid_dumpable=0)");
  }
  // It would answer for the service before its learner is asked.
  if (!start.options.learn) {
    TRY(const bool filtered, OrText(sandbox::filter::DenyToAll()));
    if (!filtered) log->Notice("no system call filter of its own: that takes CAP_SYS_ADMIN");
  }
  sys::IgnoreError(sys::RaiseOpenFilesLimit(kWantedDescriptors),
                   "the limit there is may well be enough; running out is handled");
  std::unique_ptr<Daemon> daemon(
      new Daemon(std::move(start), std::move(log), std::move(loop), std::move(signals)));
  if (auto started = daemon->StartServices(); !started) {
    daemon->log_->Error(started.error());
    return std::unexpected(started.error());
  }
  return daemon;
}

Daemon::Daemon(DaemonStart start, std::unique_ptr<ProgramLog> log, std::unique_ptr<EventLoop> loop,
               sys::UniqueFd signals)
    : start_(std::move(start)),
      log_(std::move(log)),
      loop_(std::move(loop)),
      signals_(std::move(signals)),
      logs_(*log_),
      hosts_files_({}),
      admission_(*loop_, *log_, hosts_files_, start_.options.limit),
      relay_(*loop_, *log_, start_.relay_command),
      lookup_(*loop_, *log_, start_.lookup_command),
      // Without one, addresses that share a worker can be foretold; by load they are spread yet.
      tls_(*loop_, *log_, start_.tls_commands, sys::RandomNumber().value_or(0)),
      sessions_(*loop_, *log_, *start_.launcher, relay_, lookup_, tls_, admission_),
      acceptor_(*log_, admission_, sessions_),
      table_(*loop_, *log_, logs_, acceptor_, relay_, tls_, sessions_, start_.inherited,
             std::move(start_.sockets)) {}

Daemon::~Daemon() { loop_->Unwatch(signals_, signals_watch_); }

std::expected<void, std::string> Daemon::StartServices() {
  TRY(signals_watch_, OrText(loop_->Watch(signals_, sys::kReadable, *this)));
  tls_.SetAnswers(sessions_);
  sessions_.SetGate(start_.gate_program);
  admission_.SetNameCheck([this] { return lookup_.KnowsAllSources(); });
  sessions_.zygotes().SetProgram(start_.zygote_program);
  if (auto prepared = sessions_.Prepare(); !prepared) {
    return std::unexpected(prepared.error().ToString());
  }
  policy::Configuration configuration = Load();
  LogDiagnostics(configuration);
  if (!configuration.usable) return std::unexpected("couldn't get configuration. Exiting...");
  if (start_.options.learn) TRY_STATUS(PrepareLearning(configuration));
  if (auto installed = Install(configuration, /*strict=*/false); !installed) {
    return std::unexpected(installed.error());
  }
  if (table_.unclaimed_sockets() != 0) {
    log_->Warning(std::to_string(table_.unclaimed_sockets()) +
                  " of the sockets passed by LISTEN_FDS fit no service");
  }
  if (table_.active() == 0 && !start_.options.stay_alive) {
    return std::unexpected("no services. Exiting...");
  }
  if (!start_.options.pid_file.empty()) {
    const auto written = WritePidFile(start_.options.pid_file);
    if (!written) log_->Warning("pid file: " + written.error().ToString());
  }
  ScheduleConsistencyCheck();
  log_->Notice(VersionText() + " started.");
  log_->Notice("Started working: " + std::to_string(table_.active()) +
               (table_.active() == 1 ? " available service" : " available services"));
  return {};
}

// Nothing but the one service is served.
std::expected<void, std::string> Daemon::PrepareLearning(policy::Configuration& configuration) {
  const Options::Learn& learn = *start_.options.learn;
  std::erase_if(configuration.services, [&learn](const auto& spec) {
    return spec->id != learn.service || spec->kind != policy::ServiceKind::kProgram;
  });
  if (configuration.services.empty()) {
    return std::unexpected("there is no service " + learn.service +
                           " that starts a program by itself");
  }
  table_.LearnServices();
  sessions_.zygotes().SetRecord(std::move(start_.record));
  if (learn.time) loop_->After(*learn.time, [this] { Finish(); });
  log_->Warning("service " + learn.service + " is learned: it is hardly confined meanwhile");
  return {};
}

bool Daemon::LearnedEnough() const {
  const auto& learn = start_.options.learn;
  return learn && learn->connections && sessions_.programs_ended() >= *learn->connections;
}

policy::Configuration Daemon::Load() const {
  return policy::LoadConfiguration(FilesToLoad(start_.options.files),
                                   wrapper::RealSystem(start_.start_directory));
}

std::expected<ServiceTable::Counts, std::string> Daemon::Install(
    const policy::Configuration& configuration, bool strict) {
  TRY(const ServiceTable::Counts counts, table_.Install(configuration, strict));
  tls_.SetWorkers(
      configuration.tls_workers.value_or(std::min(sys::UsableProcessors(), kTlsWorkers)));
  return counts;
}

void Daemon::LogDiagnostics(const policy::Configuration& configuration) {
  for (const policy::Diagnostic& diagnostic : configuration.diagnostics) {
    const std::string text = policy::RenderOneLine(diagnostic);
    switch (diagnostic.severity) {
      case policy::Severity::kError:
        log_->Error(text);
        break;
      case policy::Severity::kWarning:
        log_->Warning(text);
        break;
      case policy::Severity::kNote:
        log_->Info(text);
        break;
    }
  }
  for (const policy::HeldService& held : configuration.held) {
    log_->Error("service " + held.id + " (" + held.where.file + ":" +
                std::to_string(held.where.line) + ") stays down because of its errors");
  }
}

int Daemon::Run() {
  // Not before: the relay would keep the terminal of whoever started a daemon.
  relay_.Start(sessions_);
  tls_.Start();
  sys::ReleaseUnusedMemory();
  while (!finished_) {
    const auto turned = loop_->Turn();
    if (!turned) {
      log_->Critical(turned.error().ToString());
      return 1;
    }
    logs_.Flush();
    if (!finished_ && LearnedEnough()) Finish();
  }
  return 0;
}

void Daemon::OnReady(std::uint32_t /*ready*/) {
  while (!finished_) {
    const auto signal = sys::NextSignal(signals_);
    if (!signal) return;
    HandleSignal(*signal);
  }
}

void Daemon::HandleSignal(int signal) {
  switch (signal) {
    case SIGHUP:
    case SIGUSR2:
      return Reload();
    case SIGUSR1:
      return DumpState();
    case SIGABRT:
      return CheckConsistency(/*say_when_fine=*/true);
    case SIGTERM:
    case SIGQUIT:
      return Finish();
    case SIGINT:
      if (start_.options.debug) Finish();
      return;
    default:
      return;  // caught so that they do nothing (xinetd(8), "Controlling xinetd")
  }
}

// A bad reload changes nothing: any error in the new files, and everything stays as it is.
void Daemon::Reload() {
  log_->Reopen();
  logs_.Reopen();
  if (start_.options.learn) return;
  log_->Notice("Starting reconfiguration");
  const policy::Configuration configuration = Load();
  LogDiagnostics(configuration);
  std::string why_not;
  if (!configuration.usable || policy::HasErrors(configuration.diagnostics)) {
    why_not = "the new configuration has errors";
  } else if (configuration.services.empty() && !table_.services().empty()) {
    // As likely as not a file caught while it was being written.
    why_not = "the new configuration has no services";
  }
  const std::size_t before = table_.services().size();
  if (why_not.empty()) {
    const auto counts = Install(configuration, /*strict=*/true);
    if (counts) {
      log_->Notice("Reconfigured: new=" + std::to_string(counts->added) +
                   " old=" + std::to_string(counts->kept) +
                   " dropped=" + std::to_string(counts->dropped) + " (services)");
      sys::ReleaseUnusedMemory();
      return;
    }
    why_not = counts.error();
  }
  log_->Error("reconfiguration failed: " + why_not + "; the " + std::to_string(before) +
              " running services stay as they are");
}

void Daemon::DumpState() {
  const StateSources sources{table_.services(), sessions_, admission_, relay_,
                             lookup_,           tls_,      *loop_,     start_.options};
  const auto written = WriteStateDump(kStateDumpPath, sources);
  if (written) {
    log_->Info(std::string("generated state dump in file ") + kStateDumpPath);
  } else {
    log_->Error("state dump: " + written.error().ToString());
  }
}

void Daemon::CheckConsistency(bool say_when_fine) {
  const auto findings = FindInconsistencies(table_.services(), sessions_, admission_);
  for (const std::string& finding : findings) log_->Error(finding);
  if (!findings.empty()) {
    log_->Error("Consistency check detected " + std::to_string(findings.size()) + " errors");
  } else if (say_when_fine) {
    log_->Info("Consistency check passed");
  }
}

void Daemon::ScheduleConsistencyCheck() {
  if (!start_.options.consistency_check) return;
  check_timer_ = loop_->After(*start_.options.consistency_check, [this] {
    CheckConsistency(/*say_when_fine=*/false);
    ScheduleConsistencyCheck();
  });
}

// What the relay serves ends with it; programs are left to finish, as with xinetd.
void Daemon::Finish() {
  finished_ = true;
  relay_.Stop();
  lookup_.Stop();
  tls_.Stop();
  sessions_.Abandon();
  log_->Notice("Exiting...");
  logs_.Flush();
  if (!start_.options.pid_file.empty()) {
    sys::IgnoreError(sys::Remove(start_.options.pid_file), "it may be gone already");
  }
}

}  // namespace postern::daemon
