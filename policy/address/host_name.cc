// SPDX-License-Identifier: BSD-2-Clause
// Checking the syntax of a host name, label by label.
#include "policy/address/host_name.h"

#include <algorithm>

#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

bool IsNameByte(char c) {
  const char lower = ToLower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

HostNameCheck Problem(std::size_t offset, std::string problem, std::string fix = {}) {
  return {.name = {}, .problem = std::move(problem), .offset = offset, .fix = std::move(fix)};
}

HostNameCheck CheckBytes(std::string_view text) {
  if (text.starts_with("*.")) {
    return Problem(0, "a domain is written without the asterisk",
                   "write " + std::string(text.substr(1)));
  }
  if (text.starts_with('@')) return Problem(0, "netgroups are not read here");
  const auto bad = std::ranges::find_if(text, [](char c) { return c != '.' && !IsNameByte(c); });
  if (bad != text.end()) {
    return Problem(static_cast<std::size_t>(bad - text.begin()),
                   "letters, digits, '-', '_' and dots are expected");
  }
  return {};
}

}  // namespace

HostNameCheck CheckHostName(std::string_view text) {
  if (HostNameCheck check = CheckBytes(text); !check.problem.empty()) return check;
  const std::string_view name = text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0));
  if (name.size() > kMaxName) return Problem(kMaxName, "more than 253 bytes");
  std::size_t at = 0;
  while (true) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    const std::string_view label = name.substr(at, dot - at);
    if (label.empty()) return Problem(at, "a part between dots is empty");
    if (label.size() > kMaxLabel) return Problem(at, "a part has more than 63 bytes");
    if (label.starts_with('-')) return Problem(at, "a part begins with '-'");
    if (label.ends_with('-')) return Problem(dot - 1, "a part ends with '-'");
    if (dot == name.size()) {
      // Such a name would be taken for an address elsewhere; no top-level domain is a number.
      if (IsAllDigits(label)) return Problem(at, "the last part is a number");
      break;
    }
    at = dot + 1;
  }
  return {.name = ToLower(name), .problem = {}, .offset = 0, .fix = {}};
}

}  // namespace postern::policy
