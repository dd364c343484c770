// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/option_runner.h"

#include <span>

#include "sandbox/quiet_child.h"
#include "sandbox/sys/accounts.h"
#include "sandbox/sys/host_process.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/wait.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;

std::string Reason(const sys::Error& error) { return sys::ErrnoMessage(error.number); }

std::unexpected<std::string> Unknown(const char* what, const std::string& name) {
  return std::unexpected("unknown " + std::string(what) + ": \"" + name + "\"");
}

OptionRunner::Outcome Checked(const sys::Status& done) {
  if (done) return {};
  return std::unexpected(std::string(done.error().call) + "(" + done.error().object +
                         "): " + Reason(done.error()));
}

}  // namespace

void ProcessRunner::Spawn(const std::string& command, RuleLog& log) {
  if (const auto end = sandbox::RunShellQuietly(command); !end) {
    log.Warn("spawn: " + end.error().ToString());
  }
}

bool ProcessRunner::Aclexec(const std::string& command, RuleLog& log) {
  const auto end = sandbox::RunShellQuietly(command);
  if (!end) {
    log.Warn("aclexec: " + end.error().ToString());
    return false;
  }
  if (end->exit.signal) {
    log.Warn("process " + std::to_string(end->pid) + " exited with signal " +
             std::to_string(*end->exit.signal));
  }
  return end->exit.status == 0;
}

void ProcessRunner::Keepalive(RuleLog& log) {
  if (const auto set = sys::SetKeepalive(client_, true); !set) {
    log.Warn("setsockopt SO_KEEPALIVE: " + Reason(set.error()));
  }
}

void ProcessRunner::Linger(int seconds, RuleLog& log) {
  if (const auto set = sys::SetLinger(client_, seconds); !set) {
    log.Warn("setsockopt SO_LINGER " + std::to_string(seconds) + ": " + Reason(set.error()));
  }
}

void ProcessRunner::SendBanner(std::string_view text, RuleLog& log) {
  const sys::Deadline deadline(banner_deadline_);
  auto rest = std::as_bytes(std::span(text.data(), text.size()));
  while (!rest.empty()) {
    const auto sent = sys::SendSome(client_, rest);
    if (sent) {
      rest = rest.subspan(*sent);
      continue;
    }
    // A client that does not read must not hold the program for ever.
    const bool full = sent.error().number == EAGAIN;
    if (const auto ready =
            full ? sys::AwaitWritable(client_, deadline) : std::unexpected(sent.error());
        !ready) {
      log.Warn("banners: " + Reason(ready.error()));
      return;
    }
  }
}

void ProcessRunner::Nice(int increment, RuleLog& log) {
  if (const auto done = sys::AddNice(increment); !done) {
    log.Warn("nice(" + std::to_string(increment) + "): " + Reason(done.error()));
  }
}

OptionRunner::Outcome ProcessRunner::Setenv(const std::string& name, const std::string& value) {
  if (!sys::SetEnvironment(name, value)) return std::unexpected("memory allocation failure");
  return {};
}

void ProcessRunner::Umask(std::uint32_t mask) { sys::SetUmask(mask); }

OptionRunner::Outcome ProcessRunner::RunAs(const std::string& user, const std::string& group) {
  std::optional<std::uint32_t> gid;
  if (!group.empty()) {
    gid = sys::FindGroup(group);
    if (!gid) return Unknown("group", group);
  }
  if (user.empty()) return gid ? Checked(sys::BecomeGroup(*gid)) : Unknown("user", user);
  auto account = sys::FindUser(user);
  if (!account) return Unknown("user", user);
  account->gid = gid.value_or(account->gid);
  return Checked(sys::BecomeAccount(user, *account));
}

std::string BecomeShell(const sys::UniqueFd& client, const std::string& command) {
  const auto never = sys::BecomeShell(client, command);
  return never ? std::string() : never.error().ToString();
}

}  // namespace postern::wrapper
