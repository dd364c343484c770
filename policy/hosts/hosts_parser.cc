// SPDX-License-Identifier: BSD-2-Clause
// Lines to rules. What a line looks wrong for is found by hosts_findings.cc.
#include "policy/hosts/hosts_parser.h"

#include <limits>
#include <utility>

#include "policy/base/text.h"
#include "policy/hosts/hosts_findings.h"
#include "policy/hosts/scan_number.h"
#include "policy/hosts/table_lines.h"

namespace postern::policy::hosts {
namespace {

// What patterns are parsed with.
struct Sources {
  const PatternFileLoader& pattern_files;
  const InterfaceView& interfaces;
};

HostPattern ParseHost(std::string_view token, const Sources& sources) {
  return ParseHostPattern(token, sources.pattern_files, sources.interfaces);
}

constexpr std::string_view kSeparators = ", \t\r\n";

struct Fields {
  std::string_view daemons, clients;
  std::optional<std::string_view> options;
};

// nullopt: no colon.
std::optional<Fields> Cut(std::string_view text) {
  const std::size_t first = FindOutsideBrackets(text, ':');
  if (first == std::string_view::npos) return std::nullopt;
  Fields fields{text.substr(0, first), text.substr(first + 1), std::nullopt};
  const std::size_t second = FindOutsideBrackets(fields.clients, ':');
  if (second != std::string_view::npos) {
    fields.options = fields.clients.substr(second + 1);
    fields.clients = fields.clients.substr(0, second);
  }
  return fields;
}

// NAME@HOST at the first '@' that is not the first character. The brackets are counted from the
// second character on.
struct Halves {
  std::optional<std::string_view> before;
  std::string_view after;  // the whole token when nothing is before
};

Halves SplitAtSign(std::string_view token) {
  const std::size_t at = FindOutsideBrackets(token, '@', 1);
  if (at == std::string_view::npos) return {std::nullopt, token};
  return {token.substr(0, at), token.substr(at + 1)};
}

std::variant<std::uint16_t, TextPattern> ParseDaemonName(std::string_view text,
                                                         const Sources& sources) {
  const std::optional<std::uint32_t> port = ScanUnsigned(text);
  if (port && *port <= std::numeric_limits<std::uint16_t>::max()) {
    return static_cast<std::uint16_t>(*port);
  }
  return ParseTextPattern(text, sources.interfaces);
}

DaemonToken ParseDaemon(std::string_view text, std::uint32_t column, const Sources& sources) {
  const Halves halves = SplitAtSign(text);
  DaemonToken token;
  token.text = text;
  token.daemon = ParseDaemonName(halves.before.value_or(text), sources);
  token.column = column;
  if (halves.before) {
    token.server = std::make_shared<const HostPattern>(ParseHost(halves.after, sources));
  }
  return token;
}

ClientToken ParseClient(std::string_view text, std::uint32_t column, const Sources& sources) {
  const Halves halves = SplitAtSign(text);
  ClientToken token;
  token.text = text;
  token.host = ParseHost(halves.after, sources);
  token.column = column;
  if (halves.before) {
    token.user =
        std::make_shared<const TextPattern>(ParseTextPattern(*halves.before, sources.interfaces));
  }
  return token;
}

// `field` is a part of `line`.
template <typename Token, typename Parse>
List<Token> ParseList(std::string_view field, std::string_view line, Parse parse,
                      const Sources& sources) {
  List<Token> list(1);
  std::size_t at = field.find_first_not_of(kSeparators);
  while (at != std::string_view::npos) {
    const std::size_t end = field.find_first_of(kSeparators, at);
    const std::string_view token = field.substr(at, end - at);
    if (policy::EqualsIgnoreCase(token, "EXCEPT")) {
      list.emplace_back();
    } else {
      const auto column = static_cast<std::uint32_t>(token.data() - line.data() + 1);
      list.back().push_back(parse(token, column, sources));
    }
    at = field.find_first_not_of(kSeparators, end);
  }
  return list;
}

SourceLocation PlaceOf(const LogicalLine& line, std::size_t offset, const std::string& path) {
  const LogicalLine::Piece& piece = line.PieceAt(offset);
  return {path, piece.line, piece.column + static_cast<std::uint32_t>(offset - piece.offset)};
}

Rule ParseRule(const LogicalLine& line, const Fields& fields, const std::string& path,
               const Sources& sources) {
  Rule rule;
  rule.where = PlaceOf(line, 0, path);
  rule.last_line = line.counted_line;
  rule.text = line.text;
  rule.daemons = ParseList<DaemonToken>(fields.daemons, line.text, ParseDaemon, sources);
  rule.clients = ParseList<ClientToken>(fields.clients, line.text, ParseClient, sources);
  if (fields.options) {
    const auto offset = static_cast<std::size_t>(fields.options->data() - line.text.data());
    rule.options = std::make_shared<const OptionProgram>(
        ParseOptions(*fields.options, PlaceOf(line, offset, path)));
  }
  return rule;
}

bool HoldsNoRule(std::string_view text) {
  return text.starts_with('#') || text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

template <typename Token>
std::size_t PartsOf(const List<Token>& list) {
  std::size_t parts = list.size() - 1;
  for (const std::vector<Token>& segment : list) parts += segment.size();
  return parts;
}

std::size_t PartsOf(const Rule& rule) {
  const std::size_t actions = rule.options ? rule.options->actions.size() : 0;
  return 1 + PartsOf(rule.daemons) + PartsOf(rule.clients) + actions;
}

// As a file that cannot be read, and nothing of it is kept.
Table TooManyParts(Which which, const std::string& path, const LogicalLine& line) {
  Table table;
  table.which = which;
  table.path = path;
  table.end = Table::End::kUnreadable;
  table.end_where = PlaceOf(line, 0, path);
  table.end_reason = "line " + std::to_string(table.end_where.line) + ": more than " +
                     std::to_string(kMaxTableParts) + " rules, words and options";
  table.diagnostics.push_back({Severity::kError, "table-too-large", table.end_where,
                               "with this line the file has more than " +
                                   std::to_string(kMaxTableParts) + " rules, words and options" +
                                   EffectOfUnreadable(which),
                               "name the addresses in a file of their own, as a /file pattern",
                               SourceLineText(line.pieces.front().physical)});
  return table;
}

}  // namespace

const char* EffectOfUnreadable(Which which) {
  return which == Which::kAllow ? "; it grants nothing" : "; everybody is refused";
}

Table ParseTable(Which which, const std::string& path, std::string_view content,
                 const PatternFileLoader& pattern_files, const InterfaceView& interfaces) {
  const Sources sources{pattern_files, interfaces};
  Table table;
  table.which = which;
  table.path = path;
  HostsFindings findings(path, table.diagnostics);
  TableLines lines(content);
  std::size_t parts = 0;
  while (const std::optional<LogicalLine> line = lines.Next()) {
    findings.OfLine(*line, table.which);
    if (line->end != LogicalLine::End::kNewline) {
      table.end = Table::End::kAbandoned;
      table.end_where = PlaceOf(*line, 0, path);
      break;
    }
    if (HoldsNoRule(line->text)) continue;
    const std::optional<Fields> fields = Cut(line->text);
    if (!fields) {
      table.skipped.push_back(line->counted_line);
      findings.MissingColon(*line);
    } else {
      table.rules.push_back(ParseRule(*line, *fields, path, sources));
      findings.OfRule(table.rules.back(), *line);
    }
    parts += fields ? PartsOf(table.rules.back()) : 1;
    if (parts > kMaxTableParts) return TooManyParts(which, path, *line);
  }
  return table;
}

}  // namespace postern::policy::hosts
