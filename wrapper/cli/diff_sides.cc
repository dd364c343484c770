// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/diff_sides.h"

#include <utility>

#include "policy/base/text.h"
#include "wrapper/config/hosts_names.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

using wrapper::PolicyPaths;

void SetCommon(PolicyPaths::Path& path, const std::optional<std::string>& common) {
  if (common) path = {*common, true};
}

// Which of the four files one of this name is: "hosts.deny.new" is a hosts.deny.
PolicyPaths::Path* ByName(PolicyPaths& paths, const std::string& operand) {
  const std::string_view name = policy::Basename(operand);
  const auto has = [&name](const char* part) { return name.contains(part); };
  if (has("deny")) return &paths.hosts_deny;
  if (has("allow")) return &paths.hosts_allow;
  if (has("xinetd")) return &paths.xinetd;
  if (has("inetd")) return &paths.inetd;
  return nullptr;
}

policy::analysis::PolicySide SideOf(const wrapper::PolicyFiles& files) {
  policy::analysis::PolicySide side{.hosts = files.hosts, .services = {}};
  for (const auto& spec : files.services.services) {
    side.services.push_back({spec, wrapper::HostsNames(*spec)});
  }
  return side;
}

}  // namespace

std::expected<PolicyPaths, std::string> SidePaths(const std::string& operand,
                                                  const PolicyOptions& common) {
  const policy::SystemView::Directory directory = wrapper::RealSystem(".").ListDirectory(operand);
  if (directory.missing) return std::unexpected(operand + ": no such file or directory");
  PolicyPaths paths;
  SetCommon(paths.hosts_allow, common.hosts_allow);
  SetCommon(paths.hosts_deny, common.hosts_deny);
  SetCommon(paths.xinetd, common.config);
  SetCommon(paths.inetd, common.inetd);
  if (!directory.error.empty()) {
    PolicyPaths::Path* const path = ByName(paths, operand);
    if (path == nullptr) {
      return std::unexpected(operand +
                             ": neither a directory nor a file that is called hosts.allow, "
                             "hosts.deny, xinetd.conf or inetd.conf");
    }
    *path = {operand, true};
    return paths;
  }
  const PolicyPaths inside = wrapper::PathsIn(operand);
  if (!common.hosts_allow) paths.hosts_allow = inside.hosts_allow;
  if (!common.hosts_deny) paths.hosts_deny = inside.hosts_deny;
  if (!common.config) paths.xinetd = inside.xinetd;
  if (!common.inetd) paths.inetd = inside.inetd;
  return paths;
}

void DiffSides::Declare(Arguments& arguments) {
  arguments.Operand("OLD", before_,
                    "a directory with hosts.allow, hosts.deny, xinetd.conf and inetd.conf, or one "
                    "such file");
  arguments.Operand("NEW", after_, "the same, after the change");
}

std::expected<DiffSides::Loaded, std::string> DiffSides::Load(const PolicyOptions& common) const {
  Loaded loaded;
  for (const bool old : {true, false}) {
    const auto paths = SidePaths(old ? before_ : after_, common);
    if (!paths) return std::unexpected(paths.error());
    auto files = LoadPolicy(*paths);
    if (!files) return std::unexpected(files.error());
    (old ? loaded.before : loaded.after) = SideOf(*files);
    (old ? loaded.before_files : loaded.after_files) = *std::move(files);
  }
  return loaded;
}

}  // namespace postern::cli
