// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/check_policy.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "policy/check/confinement_findings.h"
#include "policy/check/daemon_names.h"
#include "policy/check/foreign_file.h"
#include "policy/check/rule_words.h"
#include "policy/check/shadowing.h"

namespace postern::policy::check {
namespace {

DaemonNames NamesOf(const PolicyToCheck& policy) {
  std::vector<std::string> names;
  for (const CheckedService& service : policy.services) {
    names.insert(names.end(), service.hosts_names.begin(), service.hosts_names.end());
    if (service.spec->no_libwrap) continue;
    names.push_back(service.spec->libwrap_name);
  }
  // What a service that stays down would ask under is not known; its id is near enough.
  for (const HeldService& held : policy.configuration.held) names.push_back(held.id);
  return DaemonNames(names);
}

class Check {
 public:
  Check(const PolicyToCheck& policy, const SystemView& system)
      : policy_(policy), system_(system), names_(NamesOf(policy)) {}

  Diagnostics Run() {
    for (const std::string* path : {&policy_.hosts.allow().path, &policy_.hosts.deny().path,
                                    &policy_.xinetd_path, &policy_.inetd_path}) {
      NumberOf(*path);
    }
    const TablesToCheck tables{OfTable(policy_.hosts.allow()), OfTable(policy_.hosts.deny())};
    Take(FindShadowed(policy_.hosts, tables));
    if (tables.allow && tables.deny) Take(FindNothingRefused(policy_.hosts));
    OfServices();
    Sort();
    return std::move(findings_);
  }

 private:
  void Take(Diagnostics findings) { std::ranges::move(findings, std::back_inserter(findings_)); }

  // False: the file is something else.
  bool OfTable(const hosts::Table& table) {
    if (std::optional<Diagnostic> foreign = WhyNotHostsFile(table)) {
      findings_.push_back(std::move(*foreign));
      return false;
    }
    Take(table.diagnostics);
    Take(FindWords(table, names_, system_));
    return true;
  }

  void OfServices() {
    const Configuration& configuration = policy_.configuration;
    std::optional<Diagnostic> not_xinetd, not_inetd;
    if (!policy_.xinetd_path.empty()) {
      not_xinetd = WhyNotServiceFile(configuration, policy_.xinetd_path, false);
    }
    if (!policy_.inetd_path.empty()) {
      not_inetd = WhyNotServiceFile(configuration, policy_.inetd_path, true);
    }
    for (const Diagnostic& finding : configuration.diagnostics) {
      NumberOf(finding.where.file);
      if (not_xinetd && finding.where.file == policy_.xinetd_path) continue;
      if (not_inetd && finding.where.file == policy_.inetd_path) continue;
      findings_.push_back(finding);
    }
    if (not_xinetd) findings_.push_back(std::move(*not_xinetd));
    if (not_inetd) findings_.push_back(std::move(*not_inetd));
    Take(FindInServices(policy_.services, policy_.hosts, system_));
    Take(FindInConfinement(policy_.services, system_));
  }

  std::size_t NumberOf(const std::string& file) {
    return numbers_.try_emplace(file, numbers_.size()).first->second;
  }

  void Sort() {
    const auto key = [this](const Diagnostic& finding) {
      return std::tuple(NumberOf(finding.where.file), finding.where.line, finding.where.column);
    };
    std::ranges::stable_sort(findings_, {}, key);
  }

  const PolicyToCheck& policy_;
  const SystemView& system_;
  DaemonNames names_;
  std::map<std::string, std::size_t> numbers_;  // the order of files
  Diagnostics findings_;
};

}  // namespace

Diagnostics CheckPolicy(const PolicyToCheck& policy, const SystemView& system) {
  return Check(policy, system).Run();
}

}  // namespace postern::policy::check
