// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/policy_options.h"

#include "sandbox/sys/files.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {

void PolicyOptions::Declare(Arguments& arguments) {
  arguments.Flag("--json", json, "answer in JSON");
  arguments.File("--hosts-allow", hosts_allow, "instead of /etc/hosts.allow");
  arguments.File("--hosts-deny", hosts_deny, "instead of /etc/hosts.deny");
  arguments.File("--config", config, "instead of /etc/xinetd.conf");
  arguments.File("--inetd", inetd,
                 "instead of /etc/inetd.conf; without --config the only services");
}

wrapper::PolicyPaths PolicyOptions::Paths() const {
  return wrapper::ChoosePaths(hosts_allow.value_or(""), hosts_deny.value_or(""),
                              {.xinetd = config.value_or(""), .inetd = inetd.value_or("")});
}

wrapper::PolicyPaths PolicyOptions::PathsWithoutServices() const {
  wrapper::PolicyPaths paths = Paths();
  if (!paths.xinetd.named) paths.xinetd = {};
  if (!paths.inetd.named) paths.inetd = {};
  return paths;
}

std::expected<wrapper::PolicyFiles, std::string> LoadPolicy(const wrapper::PolicyPaths& paths,
                                                            wrapper::Purpose purpose) {
  const auto directory = sandbox::sys::CurrentDirectory();
  if (!directory) return std::unexpected(directory.error().ToString());
  wrapper::PolicyFiles files = wrapper::ReadPolicy(paths, purpose, wrapper::RealSystem(*directory));
  if (files.problems.empty()) return files;
  std::string text;
  for (const std::string& problem : files.problems) {
    if (!text.empty()) text += '\n';
    text += problem;
  }
  return std::unexpected(std::move(text));
}

}  // namespace postern::cli
