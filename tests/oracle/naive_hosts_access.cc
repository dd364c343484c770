// SPDX-License-Identifier: BSD-2-Clause
#include "tests/oracle/naive_hosts_access.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/oracle/naive_hosts_options.h"
#include "tests/oracle/naive_hosts_patterns.h"

namespace postern::oracle {
namespace {

using Verdict = HostsAnswer::Verdict;

constexpr std::size_t kLineBuffer = 2048;  // of the ancestor, with the byte that ends a string
constexpr std::size_t kLongestValue = 127;
constexpr const char* kBlanks = " \t\r\n";
constexpr const char* kListSeparators = ", \t\r\n";

// Reads lines the way the ancestor does: physical pieces into one buffer of fixed size.
class LineReader {
 public:
  explicit LineReader(const std::string& content) : content_(content) {}

  // The next logical line; nullopt at the end. Without its newline it could not be read whole.
  std::optional<std::string> Next() {
    std::string line;
    while (at_ < content_.size() && line.size() + 1 < kLineBuffer) {
      const std::string piece = Piece(kLineBuffer - 1 - line.size());
      line += piece;
      if (!piece.ends_with('\n')) continue;
      ++number_;
      if (!piece.ends_with("\\\n")) return line;
      line.resize(line.size() - 2);
    }
    if (line.empty()) return std::nullopt;
    return line;
  }

  unsigned number() const { return number_; }

 private:
  // Up to a newline or the room's end; what stands behind a NUL byte is read but not seen.
  std::string Piece(std::size_t room) {
    const std::size_t newline = content_.find('\n', at_);
    const std::size_t end = newline == std::string::npos ? content_.size() : newline + 1;
    const std::string piece = content_.substr(at_, std::min(end - at_, room));
    at_ += piece.size();
    return piece.c_str();
  }

  const std::string& content_;
  std::size_t at_ = 0;
  unsigned number_ = 0;
};

std::vector<std::string> Tokens(std::string_view list) {
  std::vector<std::string> tokens;
  std::size_t at = 0;
  while ((at = list.find_first_not_of(kListSeparators, at)) != std::string_view::npos) {
    const std::size_t end = std::min(list.find_first_of(kListSeparators, at), list.size());
    tokens.emplace_back(list.substr(at, end - at));
    at = end;
  }
  return tokens;
}

struct RuleText {
  std::string daemons, clients;
  std::optional<std::string> options;
};

std::optional<RuleText> SplitRule(const std::string& line) {
  const std::size_t first = FindOutsideBrackets(line, ':');
  if (first == std::string_view::npos) return std::nullopt;
  RuleText rule{line.substr(0, first), line.substr(first + 1), std::nullopt};
  const std::size_t second = FindOutsideBrackets(rule.clients, ':');
  if (second != std::string_view::npos) {
    rule.options = rule.clients.substr(second + 1);
    rule.clients.resize(second);
  }
  return rule;
}

// The part of a token in front of '@' and the part behind it. The first character never counts.
struct Halves {
  std::string front;
  std::optional<std::string> back;
};

Halves SplitToken(const std::string& token) {
  const std::size_t at = FindOutsideBrackets(token, '@', 1);
  if (at == std::string_view::npos) return {token, std::nullopt};
  return {token.substr(0, at), token.substr(at + 1)};
}

std::optional<std::uint16_t> PortNumber(const std::string& text) {
  char* end = nullptr;
  const auto value = static_cast<std::uint32_t>(std::strtol(text.c_str(), &end, 10));
  if (end == text.c_str() || *end != '\0' || value > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

class Decision {
 public:
  Decision(const HostsWorld& world, HostsCaller caller, RuleBook book)
      : world_(world), caller_(std::move(caller)), book_(book) {
    for (std::string* value :
         {&caller_.daemon, &caller_.user, &caller_.client_name, &caller_.client_address,
          &caller_.server_name, &caller_.server_address}) {
      // A name that a program gives itself may be empty; any other value is unknown then.
      const bool unknown = value->empty() && value != &caller_.daemon;
      *value = unknown ? "unknown" : value->substr(0, kLongestValue);
    }
    client_ = {caller_.client_name, caller_.client_address};
    server_ = {caller_.server_name, caller_.server_address};
  }

  HostsAnswer Answer() {
    if (const auto answer = Table(world_.allow, 'a', Verdict::kAllow)) return *answer;
    if (const auto answer = Table(world_.deny, 'd', Verdict::kDeny)) return *answer;
    return {Verdict::kAllow, '-', 0};
  }

 private:
  bool FailsUnread(const HostsFile& file, char table) const {
    const bool directory = file.state == HostsFile::State::kDirectory;
    return table == 'd' && (file.state == HostsFile::State::kUnreadable ||
                            (directory && book_ == RuleBook::kPostern));
  }

  // nullopt: nothing in this table decides.
  std::optional<HostsAnswer> Table(const HostsFile& file, char table, Verdict verdict) {
    if (FailsUnread(file, table)) return HostsAnswer{Verdict::kDeny, '-', 0};
    if (file.state != HostsFile::State::kFile) return std::nullopt;
    LineReader reader(file.content);
    while (const auto line = reader.Next()) {
      if (!line->ends_with('\n')) {
        if (table == 'a') return std::nullopt;
        return HostsAnswer{Verdict::kDeny, '-', 0};
      }
      if (line->starts_with('#') || line->find_first_not_of(kBlanks) == std::string::npos) continue;
      const auto rule = SplitRule(*line);
      if (!rule) continue;
      if (const auto decided = Rule(*rule, table, verdict)) {
        return HostsAnswer{decided->verdict, table, reader.number(), decided->late_error};
      }
    }
    return std::nullopt;
  }

  // What the rule makes of the request; nullopt: it does not match.
  std::optional<HostsAnswer> Rule(const RuleText& rule, char table, Verdict verdict) {
    outcome_ = rule.options ? NaiveOptionsByText(*rule.options, verdict) : verdict;
    Match match = ListMatch(Tokens(rule.daemons), 0, &Decision::DaemonMatch);
    if (match == Match::kYes) match = ListMatch(Tokens(rule.clients), 0, &Decision::ClientMatch);
    if (match == Match::kNo) return std::nullopt;
    if (match == Match::kBroken) return Broken(table);
    HostsAnswer answer{verdict};
    if (rule.options) {
      answer.verdict = NaiveOptions(*rule.options, verdict, world_, caller_, book_);
      answer.late_error = answer.verdict == Verdict::kDeny && outcome_ != Verdict::kDeny;
    }
    return answer;
  }

  // A rule whose pattern file cannot be read grants nothing, neither the service nor what `twist`
  // puts in its place; in hosts.deny it refuses.
  std::optional<HostsAnswer> Broken(char table) const {
    if (book_ == RuleBook::kTcpWrappers) return HostsAnswer{Verdict::kDies};
    if (table == 'a' && outcome_ == Verdict::kAllow) return std::nullopt;
    return HostsAnswer{Verdict::kDeny};
  }

  // "[net]/junk" stands for all of IPv6, except where that would let somebody in.
  bool MalformedLengthMatches(bool towards_match) const {
    if (book_ == RuleBook::kTcpWrappers || outcome_ == Verdict::kTwist) return true;
    return (outcome_ == Verdict::kDeny) == towards_match;
  }

  using TokenMatch = Match (Decision::*)(const std::string&, PatternContext&);

  Match ListMatch(const std::vector<std::string>& tokens, unsigned depth, TokenMatch token_match) {
    PatternContext context{world_, book_, MalformedLengthMatches(depth % 2 == 0), {}};
    std::size_t at = 0;
    Match match = Match::kNo;
    for (; at < tokens.size() && !EqualFolded(tokens[at], "EXCEPT"); ++at) {
      match = (this->*token_match)(tokens[at], context);
      if (match != Match::kNo) break;
    }
    if (match != Match::kYes) return match;
    while (at < tokens.size() && !EqualFolded(tokens[at], "EXCEPT")) ++at;
    if (at == tokens.size()) return Match::kYes;
    const auto behind = tokens.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const Match excepted = ListMatch({behind, tokens.end()}, depth + 1, token_match);
    if (excepted == Match::kBroken) return Match::kBroken;
    return excepted == Match::kYes ? Match::kNo : Match::kYes;
  }

  Match DaemonMatch(const std::string& token, PatternContext& context) {
    const Halves halves = SplitToken(token);
    const auto port = PortNumber(halves.front);
    const bool matches =
        port ? caller_.server_port == port : NaiveStringMatch(halves.front, caller_.daemon);
    if (!matches) return Match::kNo;
    return halves.back ? NaiveHostMatch(*halves.back, server_, context) : Match::kYes;
  }

  Match ClientMatch(const std::string& token, PatternContext& context) {
    const Halves halves = SplitToken(token);
    if (!halves.back) return NaiveHostMatch(halves.front, client_, context);
    const Match host = NaiveHostMatch(*halves.back, client_, context);
    if (host != Match::kYes) return host;
    return NaiveStringMatch(halves.front, caller_.user) ? Match::kYes : Match::kNo;
  }

  const HostsWorld& world_;
  HostsCaller caller_;  // with values as they are compared
  RuleBook book_;
  NaiveHost client_, server_;
  Verdict outcome_ = Verdict::kAllow;  // of the rule at hand when it matches
};

}  // namespace

HostsAnswer NaiveHostsAccess(const HostsWorld& world, const HostsCaller& caller, RuleBook book) {
  return Decision(world, caller, book).Answer();
}

}  // namespace postern::oracle
