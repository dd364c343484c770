// SPDX-License-Identifier: BSD-2-Clause
// Findings of lines, lists and tokens; the texts say what the line does, not what it should do.
#include "policy/hosts/hosts_findings.h"

#include <algorithm>
#include <utility>

#include "policy/hosts/libc_numbers.h"
#include "policy/hosts/scan_number.h"

namespace postern::policy::hosts {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kSeparators = ", \t\r\n";
constexpr std::string_view kIpv6Letters = "0123456789abcdefABCDEF:.%/";

bool IsIndentedComment(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first != 0 && first != std::string_view::npos && text[first] == '#';
}

bool IsUnbalanced(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[') ++depth;
    if (c == ']' && --depth < 0) return true;
  }
  return depth != 0;
}

std::string Quad(std::uint32_t address) { return policy::IpAddress::FromV4(address).ToString(); }

// 255.255.0.255: bits behind the first zero.
bool IsScattered(std::uint32_t mask) { return (~mask & (~mask + 1)) != 0; }

bool IsMapped(const policy::IpAddress::Bytes16& bytes) {
  return policy::IpAddress::FromV6(bytes).is_v4();
}

bool IsPlainNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "2001:db8::/32" as it must be written; empty when it is not such an address.
std::string Bracketed(std::string_view word) {
  const std::size_t slash = word.find('/');
  const std::string_view address = word.substr(0, slash);
  if (!ParseNumericIpv6(address)) return {};
  const std::string_view length =
      slash == std::string_view::npos ? std::string_view() : word.substr(slash);
  return "[" + std::string(address) + "]" + std::string(length);
}

// Of an address in brackets that is none: for want of this interface, or for another reason.
std::string WhyNoAddress(std::string_view bracketed, const std::string& otherwise) {
  const std::string_view name = bracketed.starts_with('[') && bracketed.ends_with(']')
                                    ? InterfaceIn(bracketed.substr(1, bracketed.size() - 2))
                                    : std::string_view();
  if (name.empty()) return otherwise;
  return "there is no network interface " + std::string(name) + ", so this never matches";
}

// Whether the text of a comment begins at a token; what it says is not looked at.
template <typename Token>
bool IsComment(const Token& token) {
  return token.text.starts_with('#');
}

}  // namespace

void HostsFindings::Add(Severity severity, const char* code, const Place& place,
                        std::string message, std::string fix) {
  if (diagnostics_.size() > kMaxHostsFindings) return;
  const LogicalLine::Piece& piece = place.line.PieceAt(place.offset);
  const auto column = piece.column + static_cast<std::uint32_t>(place.offset - piece.offset);
  Diagnostic finding{severity,           code,           {path_, piece.line, column},
                     std::move(message), std::move(fix), SourceLineText(piece.physical)};
  if (diagnostics_.size() == kMaxHostsFindings) {
    finding = {Severity::kNote,
               "too-many-findings",
               finding.where,
               "further findings of this file are left out",
               {},
               {}};
  }
  diagnostics_.push_back(std::move(finding));
}

void HostsFindings::OfLine(const LogicalLine& line, Which which) {
  const std::string_view text = line.text;
  const Place start{line, 0};
  if (line.nul) {
    Add(Severity::kError, "nul-byte", start,
        "a NUL byte hides the rest of its line, and the next line is joined to it");
  }
  if (line.pieces.front().line == 1 && text.starts_with("\xef\xbb\xbf")) {
    Add(Severity::kError, "byte-order-mark", start,
        "the byte order mark is read as a part of the first word, which therefore never matches",
        "save the file without a byte order mark");
  }
  const std::size_t last = text.find_last_not_of(" \t\r");
  if (last != std::string_view::npos && last + 1 < text.size() && text[last] == '\\') {
    Add(Severity::kError, "blank-behind-backslash", {line, last},
        "the backslash does not join the next line: it does not stand at the end of its line",
        "remove what is behind the backslash");
  } else if (text.ends_with('\r') && !carriage_return_told_) {
    carriage_return_told_ = true;
    Add(Severity::kWarning, "carriage-return", {line, text.size() - 1},
        "lines end in a carriage return; a backslash in front of one does not join lines",
        "save the file with plain newlines");
  }
  if (line.end != LogicalLine::End::kNewline) OfEnd(line, which);
  if (IsIndentedComment(text)) {
    Add(Severity::kWarning, "indented-comment", {line, text.find('#')},
        "no comment: only a '#' at the very start of the line makes one, so this line is read",
        "remove the blanks in front of the '#'");
  }
}

void HostsFindings::OfEnd(const LogicalLine& line, Which which) {
  const std::string effect = which == Which::kDeny
                                 ? "; everybody is refused whom no rule before it decides"
                                 : "; it and all that follows it is lost";
  if (line.end == LogicalLine::End::kTooLong) {
    Add(Severity::kError, "line-too-long", {line, 0},
        "longer than 2046 characters, lines joined by a backslash together" + effect,
        "write two rules");
  } else {
    Add(Severity::kError, "missing-newline", {line, 0}, "the last line lacks its newline" + effect,
        "end the line with a newline");
  }
}

void HostsFindings::MissingColon(const LogicalLine& line) {
  if (IsIndentedComment(line.text)) return;
  const std::size_t first = line.text.find_first_not_of(kBlanks);
  if (line.text.contains(':')) {
    Add(Severity::kError, "unbalanced-brackets", {line, line.text.find_first_of("[]")},
        "the brackets hide every ':', so the line is skipped");
  } else {
    Add(Severity::kError, "missing-colon", {line, first},
        "no ':' between daemons and clients; the line is skipped");
  }
}

template <typename Token>
void HostsFindings::OfList(const List<Token>& list, const LogicalLine& line, const char* empty_code,
                           std::string_view whom) {
  const bool alone = list.size() == 1;
  const std::size_t colon = FindOutsideBrackets(line.text, ':');
  const std::size_t offset = whom == "daemon" ? 0 : colon + 1;
  if (list.front().empty()) {
    Add(Severity::kWarning, alone ? empty_code : "nothing-before-except", {line, offset},
        (alone ? "no " + std::string(whom) : "nothing in front of EXCEPT") +
            ": the rule never matches");
  }
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (!list[i].empty()) continue;
    Add(Severity::kWarning, "nothing-behind-except", {line, offset},
        "nothing behind EXCEPT: it excludes no " + std::string(whom));
  }
  for (const std::vector<Token>& segment : list) {
    for (const Token& token : segment) {
      if (!IsUnbalanced(token.text)) continue;
      Add(Severity::kError, "unbalanced-brackets", {line, token.column - 1},
          "brackets that do not pair hide every ':' behind them in this list");
    }
  }
}

void HostsFindings::OfRule(const Rule& rule, const LogicalLine& line) {
  const bool split_address = UnbracketedIpv6(rule, line);
  OfList(rule.daemons, line, "empty-daemon-list", "daemon");
  if (!split_address) OfList(rule.clients, line, "empty-client-list", "client");
  for (const std::vector<DaemonToken>& segment : rule.daemons) {
    for (const DaemonToken& token : segment) {
      if (token.server) OfHost(*token.server, {line, token.column - 1});
    }
  }
  OfClients(rule, line);
  if (!split_address) OfOptions(rule, line);
}

// "ALL: 2001:db8::1": the colon that ends the clients stands inside an address.
bool HostsFindings::UnbracketedIpv6(const Rule& rule, const LogicalLine& line) {
  if (!rule.options) return false;
  const std::string_view text = line.text;
  const std::size_t clients = FindOutsideBrackets(text, ':') + 1;
  std::size_t begin = FindOutsideBrackets(text, ':', clients);
  while (begin > clients && kIpv6Letters.contains(text[begin - 1])) --begin;
  const std::size_t end = std::min(text.find_first_not_of(kIpv6Letters, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  if (end < text.size() && !kSeparators.contains(text[end])) return false;
  if (begin > clients && !kSeparators.contains(text[begin - 1])) return false;
  const std::string fix = Bracketed(word);
  if (fix.empty() && std::ranges::count(word, ':') < 3) return false;
  Add(Severity::kError, "unbracketed-ipv6", {line, begin},
      "an IPv6 address without brackets: the clients end at its first ':', the rest is read as"
      " options, and no option has such a name",
      fix);
  return true;
}

void HostsFindings::OfClients(const Rule& rule, const LogicalLine& line) {
  for (const std::vector<ClientToken>& segment : rule.clients) {
    for (const ClientToken& token : segment) {
      const Place place{line, token.column - 1};
      if (IsComment(token)) {
        Add(Severity::kWarning, "trailing-comment", place,
            "no comment: what follows the '#' is read as clients, and as options behind a ':'",
            "put the comment on a line of its own");
        return;
      }
      OfHost(token.host, place);
    }
  }
}

void HostsFindings::OfHost(const HostPattern& host, const Place& place) {
  if (const auto* file = std::get_if<std::shared_ptr<const PatternFile>>(&host.meaning)) {
    if ((*file)->error.empty()) return;
    Add(Severity::kError, "pattern-file", place,
        "the file " + host.text + " cannot be used: " + (*file)->error);
  } else if (const auto* text = std::get_if<TextPattern>(&host.meaning)) {
    if (text->kind != TextPattern::Kind::kIpv6) return;
    if (!text->bytes) {
      Add(Severity::kError, "malformed-ipv6", place,
          WhyNoAddress(host.text, "no IPv6 address between the brackets"));
    } else if (IsMapped(*text->bytes)) {
      Add(Severity::kWarning, "mapped-pattern", place,
          "never matches: an IPv4 client is compared as IPv4",
          policy::IpAddress::FromV6(*text->bytes).ToString());
    }
  } else {
    OfNet(host, place);
  }
}

void HostsFindings::OfNet(const HostPattern& host, const Place& place) {
  const std::size_t slash = FindOutsideBrackets(host.text, '/');
  if (slash == std::string::npos) return;
  const std::string net = host.text.substr(0, slash), mask = host.text.substr(slash + 1);
  const auto* v4 = std::get_if<Ipv4Net>(&host.meaning);
  const auto* v6 = std::get_if<Ipv6Net>(&host.meaning);
  if (std::holds_alternative<NeverMatches>(host.meaning)) {
    OfNoNet(net, mask, place);
  } else if (v4 && (v4->network & ~v4->mask) != 0) {
    Add(Severity::kError, "host-bits-set", place,
        net + " has bits behind its mask, so this never matches",
        Quad(v4->network & v4->mask) + "/" + mask);
  } else if (v4 && IsScattered(v4->mask)) {
    Add(Severity::kWarning, "scattered-mask", place, "a mask with ones behind a zero");
  } else if (v6 && v6->malformed_length) {
    Add(Severity::kError, "malformed-ipv6-length", place,
        "no prefix length; tcp_wrappers takes it for 0, every IPv6 address, and postern only where"
        " that refuses",
        net + "/128");
  } else if (v6 && v6->length >= 96 && IsMapped(v6->network)) {
    Add(Severity::kWarning, "mapped-pattern", place,
        "never matches: an IPv4 client is compared as IPv4");
  }
  if ((v4 || (v6 && !v6->malformed_length)) && !IsPlainNumber(mask) && !ParseDottedQuad(mask)) {
    const int length = LeadingInt(mask);
    Add(Severity::kWarning, "loose-length", place,
        "the length " + mask + " is read as " + std::to_string(length),
        net + "/" + std::to_string(length));
  }
}

void HostsFindings::OfNoNet(std::string_view net, std::string_view mask, const Place& place) {
  if (ParseDottedQuad(net) && IsPlainNumber(mask) && LeadingInt(mask) == 0) {
    Add(Severity::kError, "zero-length-net", place, "an IPv4 network of length 0 never matches",
        "0.0.0.0/0.0.0.0");
    return;
  }
  const bool bare_v6 = net.contains(':') && !net.starts_with('[');
  Add(Severity::kError, "malformed-net", place,
      WhyNoAddress(net,
                   "no network: expected a.b.c.d/LENGTH, a.b.c.d/MASK or [IPv6]/LENGTH; this "
                   "never matches"),
      bare_v6 ? Bracketed(std::string(net) + "/" + std::string(mask)) : std::string());
}

void HostsFindings::OfOptions(const Rule& rule, const LogicalLine& line) {
  if (!rule.options || !rule.options->error || diagnostics_.size() >= kMaxHostsFindings) return;
  Diagnostic finding = *rule.options->error;
  for (const LogicalLine::Piece& piece : line.pieces) {
    if (piece.line == finding.where.line) finding.source_line = SourceLineText(piece.physical);
  }
  diagnostics_.push_back(std::move(finding));
}

}  // namespace postern::policy::hosts
