// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/hosts_policy.h"

#include <algorithm>
#include <utility>

#include "policy/hosts/hosts_parser.h"
#include "policy/hosts/pattern_files.h"
#include "policy/hosts/rule_match.h"
#include "policy/hosts/table_index.h"

namespace postern::policy::hosts {
namespace {

Table ReadTable(Which which, const std::string& path, const SourceLoader& loader,
                PatternFiles& pattern_files, const InterfaceView& interfaces,
                std::vector<std::string>& files) {
  files.push_back(path);
  const SourceFile source = loader(path);
  if (source.state == SourceFile::State::kRead) {
    const auto load = [&pattern_files](const std::string& inner) {
      return pattern_files.Load(inner);
    };
    return ParseTable(which, path, source.content, load, interfaces);
  }
  Table table;
  table.which = which;
  table.path = path;
  table.end = Table::End::kMissing;
  if (source.state == SourceFile::State::kMissing) return table;
  table.end = Table::End::kUnreadable;
  table.end_reason = source.reason;
  table.diagnostics.push_back({Severity::kError,
                               "table-unreadable",
                               {path, 0, 0},
                               "cannot be read: " + source.reason + EffectOfUnreadable(which),
                               {},
                               {}});
  return table;
}

bool IsCrippled(const HostPattern& host) {
  const auto* file = std::get_if<std::shared_ptr<const PatternFile>>(&host.meaning);
  return file != nullptr && !(*file)->complete;
}
bool IsCrippled(const ClientToken& token) { return IsCrippled(token.host); }
bool IsCrippled(const DaemonToken& token) { return token.server && IsCrippled(*token.server); }

template <typename Token>
bool IsCrippled(const List<Token>& list) {
  return std::ranges::any_of(list, [](const std::vector<Token>& segment) {
    return std::ranges::any_of(segment, [](const Token& token) { return IsCrippled(token); });
  });
}

std::vector<const Rule*> CrippledRules(const Table& allow) {
  std::vector<const Rule*> crippled;
  for (const Rule& rule : allow.rules) {
    if (EffectOf(rule, Which::kAllow) != Effect::kGrants) continue;
    if (IsCrippled(rule.daemons) || IsCrippled(rule.clients)) crippled.push_back(&rule);
  }
  return crippled;
}

}  // namespace

HostsPolicy::HostsPolicy() = default;
HostsPolicy::~HostsPolicy() = default;

std::shared_ptr<const HostsPolicy> HostsPolicy::Compile(const TablePaths& paths,
                                                        const SourceLoader& loader,
                                                        const InterfaceView& interfaces) {
  std::unique_ptr<HostsPolicy> policy(new HostsPolicy);
  const InterfaceView asked_once = [&](const std::string& name) {
    const auto [known, fresh] = policy->interfaces_.try_emplace(name, Presence::kUntold);
    if (fresh && interfaces) known->second = interfaces(name);
    return known->second;
  };
  PatternFiles pattern_files(loader, asked_once, policy->files_);
  const auto read = [&](Which which, const std::string& path) {
    return ReadTable(which, path, loader, pattern_files, asked_once, policy->files_);
  };
  policy->allow_ = read(Which::kAllow, paths.allow);
  policy->deny_ = read(Which::kDeny, paths.deny);
  policy->crippled_ = CrippledRules(policy->allow_);
  policy->allow_index_ = std::make_unique<const TableIndex>(policy->allow_);
  policy->deny_index_ = std::make_unique<const TableIndex>(policy->deny_);
  return policy;
}

const TableIndex& HostsPolicy::index(Which which) const {
  return which == Which::kAllow ? *allow_index_ : *deny_index_;
}

}  // namespace postern::policy::hosts
