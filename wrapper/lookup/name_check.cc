// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/name_check.h"

#include <algorithm>

#include "policy/names/name_rules.h"
#include "sandbox/sys/resolver.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using policy::hosts::Fact;

NameAnswer Paranoid(std::string warning) {
  return {Fact::Known(policy::hosts::kParanoid), {std::move(warning)}};
}

NameAnswer Confirmed(const std::string& name, const sys::SocketAddress& address) {
  const bool v4 = address.is_v4();
  const bool numeric = sys::IsNumericHost(name, v4);
  const auto answer = numeric ? std::nullopt : sys::ForwardLookup(name, v4);
  const std::string canonical = answer ? answer->canonical_name : std::string();
  const bool points_back =
      answer && std::ranges::any_of(answer->addresses, [&](const sys::SocketAddress& candidate) {
        return sys::IsSameHost(candidate, address);
      });
  const auto standing =
      policy::JudgeName(name, numeric, {answer.has_value(), canonical, points_back});
  if (standing == policy::NameStanding::kConfirmed) return {Fact::Known(name), {}};
  return Paranoid(policy::StandingText(standing, name, canonical,
                                       sys::NumericHost(address).value_or("?"),
                                       v4 ? "AF_INET" : "AF_INET6"));
}

constexpr std::string_view kWhole = "whole";  // the last field: nothing was lost

}  // namespace

NameAnswer CheckedName(const sys::SocketAddress& address) {
  if (!address.is_inet()) return {};
  const sys::SocketAddress plain = Unmapped(address);
  const auto name = sys::ReverseName(plain);
  if (!name) return {};
  // Cut first, so that a name too long to be kept cannot be confirmed either.
  return Confirmed(name->substr(0, policy::hosts::kMaxValue), plain);
}

std::string EncodeNameAnswer(const NameAnswer& answer) {
  std::string bytes = answer.name.text() + '\0';
  for (const std::string& warning : answer.warnings) bytes += warning + '\0';
  return bytes + std::string(kWhole);
}

NameAnswer DecodeNameAnswer(std::string_view bytes) {
  std::vector<std::string_view> fields;
  for (;;) {
    const auto end = bytes.find('\0');
    fields.push_back(bytes.substr(0, end));
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
  }
  if (fields.size() < 2 || fields.back() != kWhole) return {};
  NameAnswer answer{Fact::Known(fields.front()), {}};
  for (std::size_t i = 1; i + 1 < fields.size(); ++i) answer.warnings.emplace_back(fields[i]);
  return answer;
}

}  // namespace postern::wrapper
