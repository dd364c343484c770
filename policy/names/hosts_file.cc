// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/hosts_file.h"

#include "policy/base/text.h"
#include "policy/names/words.h"

namespace postern::policy {

HostsFile HostsFile::Parse(std::string_view text) {
  HostsFile file;
  ForEachLine(text, "#", [&file](const std::vector<std::string_view>& words) {
    const auto address = IpAddress::Parse(words.front());
    if (!address || words.size() < 2) return;
    const std::size_t line = file.lines_.size();
    file.lines_.push_back({*address, std::string(words[1])});
    file.by_address_.emplace(*address, line);
    for (std::size_t i = 1; i < words.size(); ++i) {
      std::vector<std::size_t>& lines = file.by_name_[ToLower(words[i])];
      if (lines.empty() || lines.back() != line) lines.push_back(line);
    }
  });
  return file;
}

const std::string* HostsFile::NameOf(const IpAddress& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &lines_[found->second].canonical_name;
}

std::optional<HostAddresses> HostsFile::AddressesOf(std::string_view name, bool v4) const {
  const auto found = by_name_.find(ToLower(name));
  if (found == by_name_.end()) return std::nullopt;
  std::optional<HostAddresses> answer;
  for (const std::size_t number : found->second) {
    const Line& line = lines_[number];
    if (line.address.is_v4() != v4) continue;
    if (!answer) answer.emplace(line.canonical_name);
    answer->addresses.push_back(line.address);
  }
  return answer;
}

}  // namespace postern::policy
