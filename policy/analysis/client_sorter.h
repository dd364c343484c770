// SPDX-License-Identifier: BSD-2-Clause
// Which clients a policy treats alike, told without mapping any of them.
//
// Policies may name thousands of hosts, each of them a symbol of its own, while all that most of
// them change is which of many rules of the same verdict is the first to match. Clients with equal
// keys get equal verdicts from every address; the deciding rules may differ.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/analysis/compare_views.h"

namespace postern::policy::analysis {

class ClientSorter {
 public:
  explicit ClientSorter(const View& view);
  std::string KeyOf(const Client& client) const;

 private:
  // For one daemon name: the rules by what they hang on.
  struct Rules {
    // The runs of rules of one verdict that a name enters, by its patterns.
    std::unordered_map<std::string, std::uint32_t> exact, domains;
    std::vector<std::pair<const hosts::TextPattern*, std::uint32_t>> others;
    std::vector<const ClientPlan*> intricate;  // that one match does not settle
  };
  static Rules Sort(const HostsMapper& mapper, const HostsMapper::Speaking& speaking);
  static std::uint32_t RunOf(const Rules& rules, const Client& client);

  const ServiceSpec* spec_;
  std::vector<Rules> rules_;
};

}  // namespace postern::policy::analysis
