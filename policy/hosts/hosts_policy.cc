// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/hosts_policy.h"

#include <utility>

#include "policy/hosts/hosts_parser.h"
#include "policy/hosts/pattern_files.h"
#include "policy/hosts/table_index.h"

namespace postern::policy::hosts {
namespace {

Table ReadTable(Which which, const std::string& path, const SourceLoader& loader,
                PatternFiles& pattern_files, std::vector<std::string>& files) {
  files.push_back(path);
  const SourceFile source = loader(path);
  if (source.state == SourceFile::State::kRead) {
    return ParseTable(which, path, source.content, [&pattern_files](const std::string& inner) {
      return pattern_files.Load(inner);
    });
  }
  Table table;
  table.which = which;
  table.path = path;
  table.end = Table::End::kMissing;
  if (source.state == SourceFile::State::kMissing) return table;
  table.end = Table::End::kUnreadable;
  table.end_reason = source.reason;
  const char* const effect =
      which == Which::kAllow ? "; it grants nothing" : "; everybody is refused";
  table.diagnostics.push_back({Severity::kError,
                               "table-unreadable",
                               {path, 0, 0},
                               "cannot be read: " + source.reason + effect,
                               {},
                               {}});
  return table;
}

}  // namespace

HostsPolicy::HostsPolicy() = default;
HostsPolicy::~HostsPolicy() = default;

std::shared_ptr<const HostsPolicy> HostsPolicy::Compile(const TablePaths& paths,
                                                        const SourceLoader& loader) {
  std::unique_ptr<HostsPolicy> policy(new HostsPolicy);
  PatternFiles pattern_files(loader, policy->files_);
  policy->allow_ = ReadTable(Which::kAllow, paths.allow, loader, pattern_files, policy->files_);
  policy->deny_ = ReadTable(Which::kDeny, paths.deny, loader, pattern_files, policy->files_);
  policy->allow_index_ = std::make_unique<const TableIndex>(policy->allow_);
  policy->deny_index_ = std::make_unique<const TableIndex>(policy->deny_);
  return policy;
}

const TableIndex& HostsPolicy::index(Which which) const {
  return which == Which::kAllow ? *allow_index_ : *deny_index_;
}

}  // namespace postern::policy::hosts
