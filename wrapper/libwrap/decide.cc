// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/decide.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "wrapper/libwrap/convert.h"
#include "wrapper/libwrap/request_facts.h"

namespace postern::wrapper::libwrap {
namespace {

// Only what has changed: another thread may be writing to the rest.
void Publish(const Settings& before, const Settings& after) {
  if (after.allow_severity != before.allow_severity) allow_severity = after.allow_severity;
  if (after.deny_severity != before.deny_severity) deny_severity = after.deny_severity;
  if (after.ident_deadline != before.ident_deadline) {
    rfc931_timeout = static_cast<int>(after.ident_deadline.count());
  }
}

}  // namespace

Settings CurrentSettings() {
  return {allow_severity, deny_severity, std::chrono::seconds(rfc931_timeout)};
}

namespace {

template <typename Ask>
Decision AskGatekeeper(request_info& request, ToldOnce* told, const Ask& ask) {
  DryRunner dry;
  ProcessRunner real(sandbox::sys::UniqueFd::DuplicateOf(request.fd));
  SystemLog log;
  const Settings before = CurrentSettings();
  Settings settings = before;
  RequestFacts facts(request, settings);
  Gatekeeper gatekeeper({.facts = facts,
                         .options = dry_run != 0 ? static_cast<OptionRunner&>(dry) : real,
                         .log = log,
                         .settings = settings,
                         .process_id = ProcessIdOf(request),
                         .may_twist = dry_run != 0 || resident <= 0,
                         .verbose = hosts_access_verbose,
                         .told = told});
  policy::hosts::Request question = ToPolicy(request);
  Decision decision = ask(gatekeeper, question);
  FromPolicy(question, request);
  Publish(before, settings);
  return decision;
}

}  // namespace

Decision Decide(request_info& request, const HostsVersion& files) {
  const auto ask = [&](Gatekeeper& gatekeeper, policy::hosts::Request& question) {
    return gatekeeper.Decide(files.policy, question);
  };
  return AskGatekeeper(request, files.told.get(), ask);
}

Decision RunOptions(request_info& request, std::string_view options) {
  const std::string file = tcpd_context.file == nullptr ? "" : tcpd_context.file;
  const auto line = static_cast<std::uint32_t>(std::max(tcpd_context.line, 0));
  const auto program = policy::hosts::ParseOptions(options, {file, line, 0});
  const auto ask = [&](Gatekeeper& gatekeeper, policy::hosts::Request& question) {
    return gatekeeper.RunOptions(program, file, line, question);
  };
  return AskGatekeeper(request, nullptr, ask);
}

bool Follow(const Decision& decision, request_info& request) {
  switch (decision.outcome) {
    case Decision::Outcome::kAllowed:
      return true;
    case Decision::Outcome::kDenied:
      return false;
    case Decision::Outcome::kTwisted:
      break;
  }
  if (dry_run != 0) {
    dry_run = 0;
    return true;
  }
  const Borrowed client(request.fd);
  const std::string reason = BecomeShell(client.get(), decision.twist_command);
  tcpd_warn(const_cast<char*>("twist: %s"), reason.c_str());
  return false;
}

}  // namespace postern::wrapper::libwrap
