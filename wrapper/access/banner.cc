// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/banner.h"

#include <algorithm>

#include "policy/hosts/percent_expand.h"

namespace postern::wrapper {
namespace {

// The brackets are counted without a floor: a stray ']' hides the line end just as a '[' does.
bool BracketsBalance(std::string_view line) {
  return std::ranges::count(line, '[') == std::ranges::count(line, ']');
}

std::string WithNetworkLineEnd(std::string_view line) {
  std::string text(line.substr(0, line.find('\0')));
  if (text.ends_with('\n') && BracketsBalance(text)) text.insert(text.size() - 1, 1, '\r');
  return text;
}

}  // namespace

std::optional<std::string> RenderBanner(std::string_view content, const ExpandText& expand) {
  const auto nuls = std::min(content.find_first_not_of('\0'), content.size());
  std::string banner(content.substr(0, nuls));
  content.remove_prefix(nuls);
  while (!content.empty()) {
    const auto end = std::min(content.find('\n'), content.size() - 1);
    const auto length = std::min(end + 1, policy::hosts::kMaxExpansion);
    const auto line = expand(WithNetworkLineEnd(content.substr(0, length)));
    if (!line) return std::nullopt;
    banner += *line;
    content.remove_prefix(length);
  }
  return banner;
}

}  // namespace postern::wrapper
