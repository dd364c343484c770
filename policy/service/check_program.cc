// SPDX-License-Identifier: BSD-2-Clause
// What a service runs: the program, its arguments, its user, its environment, its limits.
// Part of service_check.h. Source: xinetd.conf(5), server, user, group, groups, env, passenv,
// rlimit_*.
#include <algorithm>
#include <array>
#include <limits>

#include "policy/base/text.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

constexpr std::uint32_t kNoId = std::numeric_limits<std::uint32_t>::max();

struct LimitRow {
  Setting<Limit> Settings::* member;
  ResourceKind kind;
};

constexpr std::array<LimitRow, 16> kLimits = {{
    {&Settings::rlimit_as, ResourceKind::kAddressSpace},
    {&Settings::rlimit_data, ResourceKind::kData},
    {&Settings::rlimit_rss, ResourceKind::kResident},
    {&Settings::rlimit_stack, ResourceKind::kStack},
    {&Settings::rlimit_files, ResourceKind::kOpenFiles},
    {&Settings::rlimit_cpu, ResourceKind::kCpuSeconds},
    {&Settings::rlimit_nproc, ResourceKind::kProcesses},
    {&Settings::rlimit_fsize, ResourceKind::kFileSize},
    {&Settings::rlimit_core, ResourceKind::kCore},
    {&Settings::rlimit_memlock, ResourceKind::kLockedMemory},
    {&Settings::rlimit_locks, ResourceKind::kFileLocks},
    {&Settings::rlimit_sigpending, ResourceKind::kPendingSignals},
    {&Settings::rlimit_msgqueue, ResourceKind::kMessageQueues},
    {&Settings::rlimit_nice, ResourceKind::kNice},
    {&Settings::rlimit_rtprio, ResourceKind::kRealtimePriority},
    {&Settings::rlimit_rttime, ResourceKind::kRealtimeMicroseconds},
}};

std::optional<std::uint32_t> NumericId(const std::string& text) {
  const auto id = ParseUnsigned(text, kNoId - 1);
  if (!id) return std::nullopt;
  return static_cast<std::uint32_t>(*id);
}

// What no name service is asked about: its answer to nothing at all, or to a number that is not
// written in decimal, would be somebody's guess.
bool IsNoAccount(const std::string& text) {
  return text.empty() || text.starts_with("0x") || text.starts_with("0X");
}

}  // namespace

void ServiceCheck::CheckProgram() {
  CheckServer();
  CheckArguments();
  FindWrapped();
  CheckCredentials();
  CheckEnvironment();
  CheckLimits();
  if (settings_.umask) spec_.program.umask = *settings_.umask;
  if (settings_.nice) spec_.program.nice = *settings_.nice;
}

void ServiceCheck::CheckServer() {
  if (!settings_.server) return;
  spec_.program.path = *settings_.server;
  const std::string why = system_.WhyNotExecutable(spec_.program.path);
  if (why.empty()) return;
  Error("server-not-executable", At(settings_.server, draft_.server_place),
        "the server " + spec_.program.path + " cannot be run: " + why);
}

// xinetd looks at NAMEINARGS while it reads server_args, so that flags below it come too late; here
// the order of the lines does not matter.
void ServiceCheck::CheckArguments() {
  std::vector<std::string>& argv = spec_.program.argv;
  if (settings_.server_args) argv = *settings_.server_args;
  if (!flags_.nameinargs) {
    argv.insert(argv.begin(), std::string(Basename(spec_.program.path)));
  } else if (argv.empty()) {
    Error("missing-attribute", At(settings_.flags),
          "flag NAMEINARGS needs server_args that begin with the name",
          "server_args = " + std::string(Basename(spec_.program.path)));
  }
}

// A tcpd that could not start its program is left to say so itself.
void ServiceCheck::FindWrapped() {
  const std::vector<std::string>& argv = spec_.program.argv;
  if (Basename(spec_.program.path) != "tcpd" || argv.empty() || argv.front().empty()) return;
  const std::string& started_as = argv.front();
  const bool whole = started_as.starts_with('/');
  Wrapped wrapped{whole ? started_as : shared_.real_daemon_directory + "/" + started_as,
                  whole ? std::string(Basename(started_as)) : started_as};
  if (Basename(wrapped.path) == "tcpd") return;
  if (system_.WhyNotExecutable(wrapped.path).empty()) spec_.wrapped = std::move(wrapped);
}

void ServiceCheck::CheckCredentials() {
  if (!settings_.user) return;
  const Place place = At(settings_.user, draft_.user_place);
  Credentials& credentials = spec_.program.credentials;
  credentials.user = *settings_.user;
  if (IsNoAccount(credentials.user)) {
    return Error("unknown-user", place,
                 "expected a name or a decimal id, found \"" + credentials.user + "\"");
  }
  std::string login = credentials.user;
  std::uint32_t primary = 0;
  if (const auto uid = NumericId(credentials.user)) {
    // xinetd takes the number for the group too, known or not.
    credentials.uid = credentials.gid = primary = *uid;
    login = system_.UserNameById(*uid).value_or("");
    const auto known = login.empty() ? std::nullopt : system_.UserByName(login);
    if (known) primary = known->gid;
  } else if (const auto user = system_.UserByName(credentials.user)) {
    credentials.uid = user->uid;
    credentials.gid = primary = user->gid;
  } else {
    return Error("unknown-user", place, "there is no user \"" + credentials.user + "\"");
  }
  if (!CheckGroup()) return;
  if (credentials.uid == kNoId || credentials.gid == kNoId) {
    return Error("unknown-user", place, "the id 4294967295 means \"unchanged\" to the kernel");
  }
  if (settings_.groups && *settings_.groups) CheckGroups(login, primary);
}

bool ServiceCheck::CheckGroup() {
  if (!settings_.group) return true;
  const std::string& name = *settings_.group;
  std::optional<std::uint32_t> gid;
  if (!IsNoAccount(name)) gid = IsAllDigits(name) ? NumericId(name) : system_.GroupByName(name);
  if (!gid) {
    Error("unknown-group", At(settings_.group, draft_.user_place),
          "there is no group \"" + name + "\"");
    return false;
  }
  spec_.program.credentials.gid = *gid;
  return true;
}

// initgroups(3) is given the primary group of passwd(5), even where `group` says another.
void ServiceCheck::CheckGroups(const std::string& login, std::uint32_t primary) {
  if (login.empty()) {
    return Error("unknown-user", At(settings_.user, draft_.user_place),
                 "groups = yes needs a user of /etc/passwd; nobody has the uid " + *settings_.user,
                 "groups = no");
  }
  spec_.program.credentials.groups = system_.SupplementaryGroups(login, primary);
}

void ServiceCheck::CheckEnvironment() {
  std::vector<std::string> environment = system_.Environment();
  if (settings_.passenv) {
    std::vector<std::string> passed;
    for (const std::string& name : *settings_.passenv) {
      const auto found = std::ranges::find(environment, name, VariableName);
      if (found != environment.end()) {
        passed.push_back(*found);
      } else if (!WarnedBefore(settings_.passenv.from)) {
        Warn("undefined-variable", At(settings_.passenv),
             "the daemon's environment has no variable \"" + name + "\" to pass on");
      }
    }
    environment = std::move(passed);
  }
  if (settings_.env) {
    for (const std::string& word : *settings_.env) {
      std::erase_if(environment, [&word](const std::string& other) {
        return VariableName(other) == VariableName(word);
      });
      environment.push_back(word);
    }
  }
  spec_.program.environment = std::move(environment);
}

void ServiceCheck::CheckLimits() {
  for (const LimitRow& row : kLimits) {
    const Setting<Limit>& setting = settings_.*row.member;
    if (setting) spec_.program.limits.push_back({row.kind, *setting});
  }
}

void ServiceCheck::CheckRedirect() {
  const Place place = At(settings_.redirect);
  spec_.redirect.host = settings_.redirect->host;
  if (const auto numeric = IpAddress::Parse(spec_.redirect.host)) {
    spec_.redirect.addresses = {*numeric};
  } else {
    spec_.redirect.addresses = system_.HostAddresses(spec_.redirect.host);
  }
  if (spec_.redirect.addresses.empty()) {
    Error("unresolved-host", place,
          "expected an address or a name of /etc/hosts, found \"" + spec_.redirect.host + "\"");
  }
  const std::string& port = settings_.redirect->port;
  const auto number = ParseUnsigned(port, 65535);
  const auto listed = number ? std::nullopt : system_.ServicePort(port, "tcp");
  spec_.redirect.port = number ? static_cast<std::uint16_t>(*number) : listed.value_or(0);
  if (spec_.redirect.port == 0) {
    Error("bad-value", settings_.redirect.from->At(settings_.redirect.from->values[1]),
          "expected a port from 1 to 65535 or a tcp service of /etc/services, found \"" + port +
              "\"");
  }
  if (spec_.socket_type != SocketType::kStream) {
    Error("bad-combination", place, "only tcp sockets can be redirected", "socket_type = stream");
  }
  if (flags_.nameinargs) {
    Error("bad-combination", At(settings_.flags), "a redirected service has no NAMEINARGS");
  }
  if (settings_.server) {
    Warn("no-effect", At(settings_.server), "server has no effect in a redirected service");
  }
}

}  // namespace postern::policy
