// SPDX-License-Identifier: BSD-2-Clause
// Looking for a rule in tcp_wrappers' files; see hosts_files.h. hosts_access(5): a line is a
// comment when its first byte is '#'; a backslash at its end continues it, comments included.
#include "policy/service/hosts_files.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "policy/service/conf_sources.h"

namespace postern::policy {
namespace {

// The number of the first line that is neither blank nor a comment; 0 when there is none. A rule in
// the continuation of a comment line is none for libwrap, but its writer may think otherwise.
std::uint32_t FirstRuleLine(std::string_view content) {
  for (std::uint32_t number = 1; !content.empty(); ++number) {
    const auto end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    const auto first = line.find_first_not_of(" \t\r\f\v");
    if (first != std::string_view::npos && line[first] != '#') return number;
  }
  return 0;
}

}  // namespace

std::string FirstHostsRule(const LoadOptions& options, const SystemView& system) {
  for (const std::string& path : {options.hosts_allow_path, options.hosts_deny_path}) {
    if (path.empty()) continue;
    const SystemView::File file = system.ReadFile(path, kMaxConfFileBytes);
    if (!file.error.empty()) {
      if (!file.missing) return path + " (unreadable: " + file.error + ")";
      continue;
    }
    const std::uint32_t line = FirstRuleLine(file.content);
    if (line != 0) return path + ":" + std::to_string(line);
  }
  return {};
}

}  // namespace postern::policy
