// SPDX-License-Identifier: BSD-2-Clause
// Tokens to patterns: which form a token has, in the order in which tcp_wrappers tries the forms.
#include "policy/hosts/pattern.h"

#include <algorithm>
#include <utility>

#include "policy/base/text.h"
#include "policy/hosts/libc_numbers.h"
#include "policy/hosts/scan_number.h"

namespace postern::policy::hosts {
namespace {

// A '*' with another behind it wants at least one character, so "x**" does not match "x". That can
// be seen only at the end: everywhere else what follows the stars wants a character anyway.
std::string PlainGlob(std::string folded) {
  if (folded.ends_with("**")) {
    folded.resize(folded.find_last_not_of('*') + 1);
    folded += "?*";
  }
  return folded;
}

// IPv6 lengths that the ancestor takes for 0 without their saying so.
bool IsMalformedLength(std::string_view text, int length) {
  if (length != 0) return false;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text.empty() || text.find_first_not_of('0') != std::string_view::npos;
}

std::optional<std::uint32_t> ParseIpv4Mask(std::string_view text) {
  if (const std::optional<std::uint32_t> quad = ParseDottedQuad(text)) return quad;
  const int length = LeadingInt(text);
  if (length < 1 || length > 32) return std::nullopt;
  return 0xffffffffu << (32 - length);
}

bool IsBracketed(std::string_view text) {
  return text.size() >= 2 && text.front() == '[' && text.back() == ']';
}

std::string_view WithinBrackets(std::string_view text) { return text.substr(1, text.size() - 2); }

// Of the interface that the address needs; it is there when it needs none.
Presence PresenceFor(std::string_view address, const InterfaceView& interfaces) {
  const std::string_view name = InterfaceIn(address);
  if (name.empty()) return Presence::kPresent;
  return interfaces ? interfaces(std::string(name)) : Presence::kUntold;
}

HostPattern::Meaning ParseNet(std::string_view net, std::string_view mask,
                              const InterfaceView& interfaces) {
  if (const std::optional<std::uint32_t> network = ParseDottedQuad(net)) {
    const std::optional<std::uint32_t> bits = ParseIpv4Mask(mask);
    if (!bits) return NeverMatches{};
    return Ipv4Net{*network, *bits};
  }
  if (!IsBracketed(net)) return NeverMatches{};
  const std::string_view address = WithinBrackets(net);
  const auto network = ParseNumericIpv6(address);
  const int length = LeadingInt(mask);
  if (!network || length < 0 || length > 128) return NeverMatches{};
  const Presence presence = PresenceFor(address, interfaces);
  if (presence == Presence::kAbsent) return NeverMatches{};
  return Ipv6Net{*network, length, IsMalformedLength(mask, length), presence == Presence::kUntold};
}

// A doubtful address is a doubtful network of one address.
HostPattern::Meaning ParseWord(std::string_view token, const InterfaceView& interfaces) {
  TextPattern text = ParseTextPattern(token, interfaces);
  if (text.kind != TextPattern::Kind::kIpv6 || text.bytes) return text;
  const std::string_view address = WithinBrackets(token);
  if (PresenceFor(address, interfaces) != Presence::kUntold) return text;
  constexpr int kWhole = 128;
  return Ipv6Net{*ParseNumericIpv6(address), kWhole, false, true};
}

HostPattern::Meaning ParseMeaning(std::string_view token, const PatternFileLoader& pattern_files,
                                  const InterfaceView& interfaces) {
  if (token.starts_with('@')) return Netgroup{std::string(token.substr(1))};
  if (token.starts_with('/')) return pattern_files(std::string(token));
  if (policy::EqualsIgnoreCase(token, "KNOWN")) return HostPattern::Known{};
  if (policy::EqualsIgnoreCase(token, "LOCAL")) return HostPattern::Local{};
  const std::size_t slash = FindOutsideBrackets(token, '/');
  if (slash == std::string_view::npos) return ParseWord(token, interfaces);
  return ParseNet(token.substr(0, slash), token.substr(slash + 1), interfaces);
}

}  // namespace

TextPattern ParseTextPattern(std::string_view token, const InterfaceView& interfaces) {
  using Kind = TextPattern::Kind;
  TextPattern pattern;
  pattern.text = token;
  pattern.folded = policy::ToLower(token);
  const std::string& folded = pattern.folded;
  if (folded.find_first_of("*?") != std::string::npos) {
    pattern.kind = Kind::kGlob;
    pattern.folded = PlainGlob(std::move(pattern.folded));
  } else if (folded.starts_with('.')) {
    pattern.kind = Kind::kSuffix;
  } else if (folded == "all") {
    pattern.kind = Kind::kAll;
  } else if (folded == "known") {
    pattern.kind = Kind::kKnown;
  } else if (folded.ends_with('.')) {
    pattern.kind = Kind::kPrefix;
  } else if (IsBracketed(folded)) {
    pattern.kind = Kind::kIpv6;
    const std::string_view address = WithinBrackets(token);
    if (PresenceFor(address, interfaces) == Presence::kPresent) {
      pattern.bytes = ParseNumericIpv6(address);
    }
  }
  return pattern;
}

HostPattern ParseHostPattern(std::string_view token, const PatternFileLoader& pattern_files,
                             const InterfaceView& interfaces) {
  HostPattern pattern{.text = std::string(token),
                      .meaning = ParseMeaning(token, pattern_files, interfaces)};
  pattern.compares_name = std::holds_alternative<TextPattern>(pattern.meaning) &&
                          token.find_first_not_of("0123456789./") != std::string_view::npos;
  return pattern;
}

std::size_t FindOutsideBrackets(std::string_view text, char wanted, std::size_t from) {
  int depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == wanted && depth == 0) return at;
    if (text[at] == '[') ++depth;
    if (text[at] == ']') --depth;
  }
  return std::string_view::npos;
}

}  // namespace postern::policy::hosts
