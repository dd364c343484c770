// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/policy_files.h"

#include <optional>
#include <utility>

#include "policy/base/file_limits.h"
#include "policy/service/conf_sources.h"
#include "wrapper/config/presuming_view.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::wrapper {
namespace {

using policy::SystemView;
using policy::hosts::HostsPolicy;
using policy::hosts::SourceFile;
using policy::hosts::Table;
using policy::hosts::TablePaths;

// What people write for "no rules", and the one file that is not regular and may be named.
constexpr const char* kNoRules = "/dev/null";

SourceFile Read(const std::string& path, const SystemView& system) {
  if (path.empty()) return {SourceFile::State::kMissing, {}, {}};
  SystemView::File file = system.ReadFile(path, policy::kMaxPolicyBytes);
  if (file.error.empty()) return {SourceFile::State::kRead, std::move(file.content), {}};
  if (file.missing) return {SourceFile::State::kMissing, {}, {}};
  return {SourceFile::State::kUnreadable, {}, std::move(file.error)};
}

void TellProblem(const Table& table, bool named, std::vector<std::string>& problems) {
  if (table.end == Table::End::kUnreadable) {
    problems.push_back(table.path + ": " + table.end_reason);
  } else if (table.end == Table::End::kMissing && named) {
    problems.push_back(table.path + ": no such file");
  }
}

// nullopt: there is none to read. A file that nobody named may be missing.
std::optional<std::string> PathToLoad(const PolicyPaths::Path& path, const SystemView& system) {
  if (path.path.empty() || path.path == kNoRules) return std::nullopt;
  if (!path.named && system.ReadFile(path.path, policy::kMaxConfFileBytes).missing) {
    return std::nullopt;
  }
  return path.path;
}

policy::Configuration LoadServices(const PolicyPaths& paths, const SystemView& system) {
  policy::LoadOptions load;
  load.xinetd_path = PathToLoad(paths.xinetd, system);
  load.inetd_path = PathToLoad(paths.inetd, system);
  return policy::LoadConfiguration(load, system);
}

void TellProblems(const policy::Configuration& services, std::vector<std::string>& problems) {
  for (const policy::Diagnostic& diagnostic : services.diagnostics) {
    const bool unreadable = diagnostic.code == "unreadable-file";
    const bool fatal = !services.usable && diagnostic.severity == policy::Severity::kError;
    if (unreadable || fatal) problems.push_back(policy::RenderOneLine(diagnostic));
  }
  if (!services.usable && problems.empty()) problems.emplace_back("no usable configuration");
}

}  // namespace

PolicyPaths ChoosePaths(const std::string& hosts_allow, const std::string& hosts_deny,
                        FileChoice choice) {
  const TablePaths system;
  const bool any_named = !choice.xinetd.empty() || !choice.inetd.empty();
  choice.inetd_too |= !any_named;
  const policy::LoadOptions load = FilesToLoad(choice);
  return {
      .hosts_allow = {hosts_allow.empty() ? system.allow : hosts_allow, !hosts_allow.empty()},
      .hosts_deny = {hosts_deny.empty() ? system.deny : hosts_deny, !hosts_deny.empty()},
      .xinetd = {load.xinetd_path.value_or(""), !choice.xinetd.empty()},
      .inetd = {load.inetd_path.value_or(""), !choice.inetd.empty()},
  };
}

PolicyPaths PathsIn(const std::string& directory) {
  return {.hosts_allow = {directory + "/hosts.allow", false},
          .hosts_deny = {directory + "/hosts.deny", false},
          .xinetd = {directory + "/xinetd.conf", false},
          .inetd = {directory + "/inetd.conf", false}};
}

PolicyFiles ReadPolicy(const PolicyPaths& paths, Purpose purpose, const SystemView& system) {
  PolicyFiles files;
  files.hosts = HostsPolicy::Compile(
      {paths.hosts_allow.path, paths.hosts_deny.path},
      [&system](const std::string& path) { return Read(path, system); }, InterfacePresence);
  TellProblem(files.hosts->allow(), paths.hosts_allow.named, files.problems);
  TellProblem(files.hosts->deny(), paths.hosts_deny.named, files.problems);
  const PresumingView presuming(system);
  const bool presume = purpose == Purpose::kDecisions;
  files.services = LoadServices(paths, presume ? presuming : system);
  TellProblems(files.services, files.problems);
  return files;
}

}  // namespace postern::wrapper
