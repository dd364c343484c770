// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/daemon_index.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "policy/hosts/pattern_match.h"

namespace postern::policy::analysis {
namespace {

const hosts::TextPattern* PlainName(const hosts::DaemonToken& token) {
  const auto* const name = std::get_if<hosts::TextPattern>(&token.daemon);
  return name != nullptr && name->kind == hosts::TextPattern::Kind::kExact ? name : nullptr;
}

}  // namespace

// What is behind an EXCEPT takes away only.
void DaemonIndex::Add(const hosts::Rule& rule, std::uint32_t number) {
  if (rule.daemons.empty()) return;
  const std::vector<hosts::DaemonToken>& first = rule.daemons.front();
  if (!std::all_of(first.begin(), first.end(), PlainName)) {
    others_.push_back(number);
    return;
  }
  for (const hosts::DaemonToken& token : first) {
    std::vector<std::uint32_t>& numbers = named_[PlainName(token)->folded];
    if (numbers.empty() || numbers.back() != number) numbers.push_back(number);
  }
}

std::vector<std::uint32_t> DaemonIndex::MaySpeakTo(std::string_view daemon) const {
  const auto named = named_.find(std::string(hosts::Subject(daemon).text()));
  if (named == named_.end()) return others_;
  std::vector<std::uint32_t> both;
  both.reserve(others_.size() + named->second.size());
  std::merge(others_.begin(), others_.end(), named->second.begin(), named->second.end(),
             std::back_inserter(both));
  return both;
}

}  // namespace postern::policy::analysis
