// SPDX-License-Identifier: BSD-2-Clause
// Matching, form by form.
#include "policy/hosts/pattern_match.h"

#include <algorithm>

#include "policy/base/glob.h"
#include "policy/base/text.h"
#include "policy/hosts/libc_numbers.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kMapped = "::ffff:";

bool Contains(const Ipv6Net& net, const policy::IpAddress::Bytes16& address) {
  const auto whole = static_cast<std::size_t>(net.length / 8);
  if (!std::equal(net.network.begin(), net.network.begin() + net.length / 8, address.begin())) {
    return false;
  }
  const int bits = net.length % 8;
  return bits == 0 || ((net.network[whole] ^ address[whole]) >> (8 - bits)) == 0;
}

Answer Say(bool matched) { return matched ? Answer::kYes : Answer::kNo; }

bool Verified(const Subject& name) { return name.known() && name.text() != kParanoid; }

}  // namespace

Subject::Subject(std::string_view value, std::span<const std::string> absent_interfaces)
    : size_(value.size()) {
  if (size_ > short_.size()) {
    long_ = policy::ToLower(value);
  } else {
    std::ranges::transform(value, short_.begin(), [](char c) { return policy::ToLower(c); });
  }
  const std::string_view folded = text();
  if (folded.starts_with(kMapped)) {
    v4_ = ParseDottedQuad(folded.substr(kMapped.size()));
    if (v4_) skip_ = kMapped.size();
  } else {
    v4_ = ParseDottedQuad(folded);
  }
  if (!v4_) v6_ = ParseNumericIpv6(folded);
  // As written: the name of an interface keeps its case.
  if (!v6_ || absent_interfaces.empty()) return;
  const auto absent = std::ranges::find(absent_interfaces, InterfaceIn(value));
  if (absent != absent_interfaces.end()) v6_.reset();
}

bool Matches(const TextPattern& pattern, const Subject& subject) {
  const std::string_view text = subject.text();
  switch (pattern.kind) {
    case TextPattern::Kind::kGlob:
      return MatchesGlob(pattern.folded, text);
    case TextPattern::Kind::kSuffix:
      return text.size() > pattern.folded.size() && text.ends_with(pattern.folded);
    case TextPattern::Kind::kAll:
      return true;
    case TextPattern::Kind::kKnown:
      return subject.known();
    case TextPattern::Kind::kPrefix:
      return text.starts_with(pattern.folded);
    case TextPattern::Kind::kIpv6:
      return pattern.bytes.has_value() && subject.v6() == pattern.bytes;
    case TextPattern::Kind::kExact:
      return text == pattern.folded;
  }
  return false;
}

bool Matches(const TextPattern& pattern, std::string_view text) {
  return Matches(pattern, Subject(text));
}

Matcher::End::End(const Host& host, Needed need, std::span<const std::string> absent_interfaces)
    : address(host.address.text(), absent_interfaces), name_fact(&host.name), name_need(need) {
  if (host.name.asked()) name.emplace(host.name.text(), absent_interfaces);
}

Matcher::Matcher(const Request& request)
    : request_(request),
      daemon_(request.daemon.text(), request.absent_interfaces),
      client_(request.client, Needed::kClientName, request.absent_interfaces) {
  if (request.user.asked()) user_.emplace(request.user.text(), request.absent_interfaces);
}

const Matcher::End& Matcher::server() {
  if (!server_) server_.emplace(request_.server, Needed::kServerName, request_.absent_interfaces);
  return *server_;
}

const Fact& Matcher::FactOf(Needed what) const {
  if (what == Needed::kUser) return request_.user;
  return what == Needed::kServerName ? request_.server.name : request_.client.name;
}

Answer Matcher::Ask(Needed what) {
  if (FactOf(what).unavailable()) return Answer::kUntold;
  need_ = Need{what, {}, {}};
  return Answer::kNeed;
}

bool Matcher::Match(const std::variant<std::uint16_t, TextPattern>& daemon) const {
  if (const auto* port = std::get_if<std::uint16_t>(&daemon)) return request_.server.port == *port;
  return Matches(std::get<TextPattern>(daemon), daemon_);
}

Answer Matcher::Match(const DaemonToken& token, bool malformed_matches) {
  if (!Match(token.daemon)) return Answer::kNo;
  return token.server ? Match(*token.server, server(), malformed_matches) : Answer::kYes;
}

// The host first: an ident server is asked only about clients that the rule is meant for.
Answer Matcher::Match(const ClientToken& token, bool malformed_matches) {
  const Answer host = Match(token.host, client_, malformed_matches);
  if (host != Answer::kYes || !token.user) return host;
  if (!user_) return Ask(Needed::kUser);
  return Say(Matches(*token.user, *user_));
}

Answer Matcher::Match(const HostPattern& pattern, const End& end, bool malformed_matches) {
  if (const auto* text = std::get_if<TextPattern>(&pattern.meaning)) {
    return MatchText(pattern, *text, end);
  }
  if (const auto* net = std::get_if<Ipv4Net>(&pattern.meaning)) {
    const std::optional<std::uint32_t>& address = end.address.v4();
    return Say(address && (*address & net->mask) == net->network);
  }
  if (const auto* net = std::get_if<Ipv6Net>(&pattern.meaning)) {
    const bool inside = end.address.v6() && Contains(*net, *end.address.v6());
    return Say(inside && (!net->doubtful() || malformed_matches));
  }
  if (const auto* group = std::get_if<Netgroup>(&pattern.meaning)) return Match(*group, end);
  if (const auto* file = std::get_if<std::shared_ptr<const PatternFile>>(&pattern.meaning)) {
    return Match(**file, end, malformed_matches);
  }
  if (std::holds_alternative<NeverMatches>(pattern.meaning)) return Answer::kNo;
  const bool local = std::holds_alternative<HostPattern::Local>(pattern.meaning);
  if (!local && !end.address.known()) return Answer::kNo;
  if (!end.name) return Ask(end.name_need);
  return Say(Verified(*end.name) && !(local && end.name->text().contains('.')));
}

Answer Matcher::Match(const Netgroup& group, const End& end) {
  if (!end.name) return Ask(end.name_need);
  const std::string& host = end.name_fact->text();
  const auto membership = request_.netgroups.find({group.name, host});
  if (membership != request_.netgroups.end()) return Say(membership->second);
  need_ = Need{.what = Needed::kNetgroup, .group = group.name, .host = host};
  return Answer::kNeed;
}

Answer Matcher::Match(const PatternFile& file, const End& end, bool malformed_matches) {
  if (!file.error.empty()) {
    unusable_ = &file;
    return Answer::kUnusable;
  }
  bool untold = false;
  for (const HostPattern& pattern : file.patterns) {
    const Answer answer = Match(pattern, end, malformed_matches);
    untold = untold || answer == Answer::kUntold;
    if (answer != Answer::kNo && answer != Answer::kUntold) return answer;
  }
  return untold ? Answer::kUntold : Answer::kNo;
}

Answer Matcher::MatchText(const HostPattern& pattern, const TextPattern& text, const End& end) {
  if (Matches(text, end.address)) return Answer::kYes;
  if (!pattern.compares_name) return Answer::kNo;
  if (end.name) return Say(Matches(text, *end.name));
  // A verified name is never a number, so no look-up could make a bracketed address match.
  return text.kind == TextPattern::Kind::kIpv6 ? Answer::kNo : Ask(end.name_need);
}

}  // namespace postern::policy::hosts
