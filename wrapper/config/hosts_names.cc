// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/hosts_names.h"

#include "policy/base/text.h"

namespace postern::wrapper {
namespace {

// tcpd(8): the name it is started under, without the directories of an absolute one.
std::string NameGivenToTcpd(const policy::Program& program) {
  if (program.argv.empty()) return "tcpd";
  const std::string& name = program.argv.front();
  return name.starts_with('/') ? std::string(policy::Basename(name)) : name;
}

}  // namespace

std::vector<std::string> HostsNames(const policy::ServiceSpec& spec) {
  std::vector<std::string> names;
  if (!spec.no_libwrap) names.push_back(spec.libwrap_name);
  const bool has_program =
      spec.kind == policy::ServiceKind::kProgram || spec.kind == policy::ServiceKind::kTcpmux;
  if (has_program && policy::Basename(spec.program.path) == "tcpd") {
    const std::string name = NameGivenToTcpd(spec.program);
    if (names.empty() || names.front() != name) names.push_back(name);
  }
  return names;
}

}  // namespace postern::wrapper
