// SPDX-License-Identifier: BSD-2-Clause
#include "tests/oracle/naive_hosts_patterns.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace postern::oracle {
namespace {

constexpr std::string_view kMappedPrefix = "::ffff:";
constexpr std::size_t kLongestFileToken = 8191;

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& byte : folded) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return folded;
}

bool StartsFolded(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && EqualFolded(text.substr(0, start.size()), start);
}

bool EndsFolded(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && EqualFolded(text.substr(text.size() - end.size()), end);
}

// Four runs between dots that the C library takes for an address, all ones excepted.
std::optional<std::uint32_t> DottedQuad(const std::string& text) {
  std::size_t runs = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '.' && (at == 0 || text[at - 1] == '.')) ++runs;
  }
  const in_addr_t address = runs == 4 ? ::inet_addr(text.c_str()) : INADDR_NONE;
  if (address == INADDR_NONE) return std::nullopt;
  return ntohl(address);
}

using Ipv6Bytes = std::array<std::uint8_t, 16>;

std::optional<Ipv6Bytes> NumericIpv6(const std::string& text) {
  addrinfo hints{};
  hints.ai_family = AF_INET6;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  sockaddr_in6 address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  ::freeaddrinfo(found);
  Ipv6Bytes bytes{};
  std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
  return bytes;
}

bool InBrackets(std::string_view token) {
  return token.size() >= 2 && token.front() == '[' && token.back() == ']';
}

std::string Inside(std::string_view token) {
  return std::string(token.substr(1, token.size() - 2));
}

std::string WithoutMappedPrefix(const std::string& text) {
  if (!StartsFolded(text, kMappedPrefix)) return text;
  std::string rest = text.substr(kMappedPrefix.size());
  return DottedQuad(rest) ? rest : text;
}

// A '*' in front of '*' or '?' tries only places that still have a character. What did not match
// once is not tried again, or a handful of stars would take minutes.
class Glob {
 public:
  Glob(std::string_view pattern, std::string_view text)
      : pattern_(pattern), text_(text), failed_((pattern.size() + 1) * (text.size() + 1)) {}

  bool Matches(std::size_t at = 0, std::size_t from = 0) {
    if (at == pattern_.size()) return from == text_.size();
    const std::size_t place = at * (text_.size() + 1) + from;
    if (failed_[place]) return false;
    const bool matches = pattern_[at] == '*' ? Star(at, from) : One(at, from);
    failed_[place] = !matches;
    return matches;
  }

 private:
  bool One(std::size_t at, std::size_t from) {
    return from < text_.size() && (pattern_[at] == '?' || pattern_[at] == text_[from]) &&
           Matches(at + 1, from + 1);
  }
  bool Star(std::size_t at, std::size_t from) {
    if (at + 1 == pattern_.size()) return true;
    for (std::size_t place = from; place < text_.size(); ++place) {
      if (Matches(at + 1, place)) return true;
    }
    return false;
  }

  std::string_view pattern_, text_;
  std::vector<bool> failed_;
};

int LikeAtoi(const std::string& text) {
  return static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
}

// Read as 0, which stands for all of IPv6, without saying so.
bool AccidentallyZero(const std::string& mask) {
  const std::string digits = mask.substr(mask.find_first_of("+-") == 0 ? 1 : 0);
  return LikeAtoi(mask) == 0 && (digits.empty() || digits != std::string(digits.size(), '0'));
}

bool Ipv4NetMatch(std::uint32_t address, const std::string& net, const std::string& mask) {
  const auto network = DottedQuad(net);
  if (!network) return false;
  auto bits = DottedQuad(mask);
  if (!bits) {
    const int length = LikeAtoi(mask);
    if (length < 1 || length > 32) return false;
    bits = static_cast<std::uint32_t>(~std::uint64_t{0} << (32 - length));
  }
  return (address & *bits) == *network;
}

bool Ipv6NetMatch(const std::string& address, const std::string& net, const std::string& mask,
                  bool malformed_length_matches) {
  const auto own = NumericIpv6(address);
  const auto network = InBrackets(net) ? NumericIpv6(Inside(net)) : std::nullopt;
  if (!own || !network) return false;
  if (AccidentallyZero(mask)) return malformed_length_matches;
  const int length = LikeAtoi(mask);
  if (length < 0 || length > 128) return false;
  for (std::size_t bit = 0; bit < static_cast<std::size_t>(length); ++bit) {
    const int differing = (*own)[bit / 8] ^ (*network)[bit / 8];
    if ((differing >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

bool NetMatch(const std::string& token, const std::string& address, bool malformed_matches) {
  const std::size_t slash = token.find('/');
  const std::string net = token.substr(0, slash);
  const std::string mask = token.substr(slash + 1);
  if (const auto quad = DottedQuad(WithoutMappedPrefix(address))) {
    return Ipv4NetMatch(*quad, net, mask);
  }
  return Ipv6NetMatch(address, net, mask, malformed_matches);
}

// The tokens of a pattern file: between white space, each one a string of C, which ends at a NUL.
std::vector<std::string> FileTokens(const std::string& content) {
  std::vector<std::string> tokens;
  std::string token;
  for (const char byte : content + "\n") {
    if (std::isspace(static_cast<unsigned char>(byte)) == 0) {
      token += byte;
    } else if (!token.empty()) {
      tokens.push_back(token);
      token.clear();
    }
  }
  return tokens;
}

bool HasOverlongToken(const HostsFile& file) {
  const auto tokens = FileTokens(file.content);
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const std::string& token) { return token.size() > kLongestFileToken; });
}

Match PatternFileMatch(const std::string& path, const NaiveHost& host, PatternContext& context) {
  const HostsFile file = PatternFileAt(context.world, path);
  const bool readable = file.state == HostsFile::State::kFile;
  const bool postern = context.book == RuleBook::kPostern;
  if (std::count(context.open_files.begin(), context.open_files.end(), path) != 0) {
    return Match::kBroken;
  }
  if (postern && (!readable || HasOverlongToken(file))) return Match::kBroken;
  if (!readable) return Match::kNo;
  context.open_files.push_back(path);
  Match match = Match::kNo;
  for (const std::string& token : FileTokens(file.content)) {
    match = token.size() > kLongestFileToken ? Match::kBroken
                                             : NaiveHostMatch(token.c_str(), host, context);
    if (match != Match::kNo) break;
  }
  context.open_files.pop_back();
  return match;
}

Match FromBool(bool matches) { return matches ? Match::kYes : Match::kNo; }

bool NameKnown(const NaiveHost& host) {
  return !EqualFolded(host.name, "unknown") && !EqualFolded(host.name, "paranoid");
}

}  // namespace

HostsFile PatternFileAt(const HostsWorld& world, const std::string& path) {
  const auto found = world.pattern_files.find(std::filesystem::path(path).lexically_normal());
  return found == world.pattern_files.end() ? HostsFile{} : found->second;
}

bool EqualFolded(std::string_view left, std::string_view right) {
  return Folded(left) == Folded(right);
}

std::size_t FindOutsideBrackets(std::string_view text, char wanted, std::size_t start) {
  int depth = 0;
  for (std::size_t at = start; at < text.size(); ++at) {
    if (text[at] == wanted && depth == 0) return at;
    if (text[at] == '[') ++depth;
    if (text[at] == ']') --depth;
  }
  return std::string_view::npos;
}

bool NaiveStringMatch(std::string_view token, std::string_view text) {
  const std::string value = WithoutMappedPrefix(std::string(text));
  if (token.find_first_of("*?") != std::string_view::npos) {
    const std::string pattern = Folded(token);
    const std::string folded = Folded(value);
    return Glob(pattern, folded).Matches();
  }
  if (token.starts_with('.')) return value.size() > token.size() && EndsFolded(value, token);
  if (EqualFolded(token, "ALL")) return true;
  if (EqualFolded(token, "KNOWN")) return !EqualFolded(value, "unknown");
  if (token.ends_with('.')) return StartsFolded(value, token);
  if (InBrackets(token)) {
    const auto wanted = NumericIpv6(Inside(token));
    const auto own = NumericIpv6(value);
    return wanted && own && *wanted == *own;
  }
  return EqualFolded(token, value);
}

Match NaiveHostMatch(const std::string& token, const NaiveHost& host, PatternContext& context) {
  if (token.starts_with('@')) {
    return FromBool(context.world.netgroup_members.contains({token.substr(1), Folded(host.name)}));
  }
  if (token.starts_with('/')) return PatternFileMatch(token, host, context);
  if (EqualFolded(token, "KNOWN")) {
    return FromBool(!EqualFolded(host.address, "unknown") && NameKnown(host));
  }
  if (EqualFolded(token, "LOCAL")) {
    return FromBool(host.name.find('.') == std::string::npos && NameKnown(host));
  }
  if (FindOutsideBrackets(token, '/') != std::string_view::npos) {
    return FromBool(NetMatch(token, host.address, context.malformed_length_matches));
  }
  if (NaiveStringMatch(token, host.address)) return Match::kYes;
  const bool numeric = token.find_first_not_of("0123456789./") == std::string::npos;
  return FromBool(!numeric && NaiveStringMatch(token, host.name));
}

}  // namespace postern::oracle
