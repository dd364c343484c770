// SPDX-License-Identifier: BSD-2-Clause
// posternd: command line, becoming a daemon, and handing over to daemon/acceptor/daemon.cc.
//
// DIAGNOSTICS: until the listeners are up, errors go to standard error as well as to the log, and
// the exit status is 1; `-t` prints every finding and exits 0 when none is an error.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "daemon/acceptor/daemon.h"
#include "daemon/acceptor/daemonize.h"
#include "daemon/options.h"
#include "policy/service/configuration.h"
#include "sandbox/confine/daemon_capabilities.h"
#include "sandbox/launch.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "wrapper/config/system_view.h"
#include "wrapper/launch/helper_path.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;
using wrapper::HelperPath;

int Complain(const std::string& text) {
  std::fprintf(stderr, "posternd: %s\n", text.c_str());
  return 1;
}

int PrintFindings(const policy::Configuration& configuration, const TlsCommands& tls) {
  for (const policy::Diagnostic& diagnostic : configuration.diagnostics) {
    std::fprintf(stderr, "%s\n", policy::Render(diagnostic).c_str());
  }
  std::set<std::string> down;
  for (const TlsFlaw& flaw : JudgeAll(configuration, tls)) {
    const bool keeps_down = KeepsDown(flaw);
    if (keeps_down) down.insert(flaw.service);
    const policy::ServiceSpec& spec = *policy::check::FindService(configuration, flaw.service);
    const std::string line = policy::check::LineOf(spec, flaw, keeps_down ? "stays down" : "");
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  const bool bad =
      !configuration.usable || policy::HasErrors(configuration.diagnostics) || !down.empty();
  std::printf("%zu services would start, %zu stay down%s\n",
              configuration.services.size() - down.size(), configuration.held.size() + down.size(),
              configuration.usable ? "" : "; nothing can be started");
  return bad ? 1 : 0;
}

int TellFlaws(const policy::Configuration& configuration, const TlsCommands& tls) {
  const std::string lines = policy::check::WriteTlsFlaws(JudgeAll(configuration, tls));
  const bool told = std::fputs(lines.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return told ? 0 : 1;
}

// sd_listen_fds(3): meant for us only when LISTEN_PID is our own process.
int InheritedSocketCount() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr) return 0;
  if (std::to_string(sys::OwnPid()) != pid) return 0;
  int number = 0;
  const std::string_view text = count;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  constexpr int kMost = 4096;
  return whole && number > 0 && number <= kMost ? number : 0;
}

void ForgetServiceManager() {
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"}) {
    ::unsetenv(name);
  }
}

// Users that no service has: any process of a helper's user could stop or kill it. Where the
// administrator made none, a number from systemd's range for such users (systemd.exec(5),
// DynamicUser) that no account has, and another for each helper.
class HelperUsers {
 public:
  explicit HelperUsers(const std::string& directory) : system_(directory) {}

  std::vector<std::string> CommandOf(const std::string& helper) {
    std::vector<std::string> command = {HelperPath(helper)};
    if (!sys::IsRoot()) return command;
    auto user = system_.UserByName(helper);
    if (!user) {
      while (next_ > kFirst && system_.UserNameById(next_)) --next_;
      user = policy::SystemView::User{next_, next_};
      --next_;
    }
    command.insert(command.end(), {"--user", std::to_string(user->uid), std::to_string(user->gid)});
    return command;
  }

 private:
  static constexpr std::uint32_t kLast = 65519, kFirst = 61184;
  wrapper::RealSystem system_;
  std::uint32_t next_ = kLast;
};

TlsCommands CommandsForTls(HelperUsers& users) {
  auto keys = users.CommandOf("postern-keys");
  return {std::move(keys), users.CommandOf("postern-tls")};
}

int Serve(Options options) {
  if (options.learn && !sys::IsRoot()) return Complain("--learn takes root's rights");
  const auto directory = sys::CurrentDirectory();
  if (!directory) return Complain(directory.error().ToString());
  const wrapper::Inherited inherited = wrapper::ReadInherited();
  if (auto taken = sys::EnsureStandardDescriptors(); !taken) {
    return Complain(taken.error().ToString());
  }
  auto sockets = sys::KeepOnly(3, InheritedSocketCount(), sandbox::Launcher::kFirstFree + 8);
  if (!sockets) return Complain(sockets.error().ToString());
  ForgetServiceManager();

  // Claims the lowest descriptors, so it comes before anything that opens one to keep.
  auto launcher = sandbox::Launcher::Make();
  if (!launcher) return Complain(launcher.error().ToString());
  StartReport report;
  if (!options.foreground) {
    auto daemonized = Daemonize();
    if (!daemonized) return Complain(daemonized.error().ToString());
    report = std::move(*daemonized);
  }
  if (auto changed = sys::ChangeDirectory("/"); !changed) {
    return Complain(changed.error().ToString());
  }
  if (auto kept = sandbox::KeepDaemonCapabilities(); !kept) {
    return Complain(kept.error().ToString());
  }
  // What is learned goes to standard output, which nothing else here writes to.
  sys::UniqueFd record(options.learn ? 1 : -1);
  HelperUsers users(*directory);
  const auto relay = users.CommandOf("postern-relay");
  const auto lookup = users.CommandOf("postern-lookup");
  auto daemon = Daemon::Make(
      {std::move(options), *directory, inherited, InheritedSockets(std::move(*sockets)), relay,
       lookup, CommandsForTls(users), HelperPath("postern-gate"), HelperPath("postern-zygote"),
       std::move(*launcher), std::move(record)});
  if (!daemon) return Complain(daemon.error());
  report.Ready();
  return (*daemon)->Run();
}

int Main(std::span<const char* const> words) {
  auto options = ParseOptions(words);
  if (!options) {
    std::fprintf(stderr, "posternd: %s\n%s", options.error().c_str(), UsageText().c_str());
    return 1;
  }
  for (const std::string& notice : options->notices) Complain(notice);
  switch (options->action) {
    case Options::Action::kHelp:
      std::printf("%s", UsageText().c_str());
      return 0;
    case Options::Action::kVersion:
      std::fprintf(stderr, "%s\n", VersionText().c_str());
      return 0;
    case Options::Action::kCheck:
    case Options::Action::kJudgeTls: {
      const auto directory = sys::CurrentDirectory();
      if (!directory) return Complain(directory.error().ToString());
      HelperUsers users(*directory);
      const auto answer = options->action == Options::Action::kCheck ? &PrintFindings : &TellFlaws;
      return answer(
          policy::LoadConfiguration(FilesToLoad(options->files), wrapper::RealSystem(*directory)),
          CommandsForTls(users));
    }
    case Options::Action::kRun:
      break;
  }
  return Serve(std::move(*options));
}

}  // namespace
}  // namespace postern::daemon

int main(int argc, char** argv) {
  return postern::daemon::Main(std::span<const char* const>(
      const_cast<const char* const*>(argv) + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)));
}
