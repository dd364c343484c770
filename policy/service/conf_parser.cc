// SPDX-License-Identifier: BSD-2-Clause
// The block structure of xinetd.conf; see conf_parser.h. One pass over the lines, no recursion.
#include "policy/service/conf_parser.h"

#include <array>
#include <optional>
#include <utility>

#include "policy/base/near_miss.h"
#include "policy/base/text.h"
#include "policy/service/conf_lexer.h"

namespace postern::policy {
namespace {

constexpr std::array<std::string_view, 4> kKeywords = {"service", "defaults", "include",
                                                       "includedir"};

// The operator a word begins with: "=", "+=80" and "=80" all do, since xinetd needs no blank after
// it.
std::optional<Operator> LeadingOperator(std::string_view word) {
  if (word.starts_with("+=")) return Operator::kAdd;
  if (word.starts_with("-=")) return Operator::kRemove;
  if (word.starts_with("=")) return Operator::kSet;
  return std::nullopt;
}

bool LooksLikeAssignment(const ConfLine& line) {
  return (line.words.size() > 1 && LeadingOperator(line.words[1].text)) ||
         (!line.words.empty() && line.words[0].text.find('=') != std::string::npos);
}

// The lower-case keyword a line begins with, or nothing. `service = x` is an assignment.
std::string Keyword(const ConfLine& line) {
  if (!line.trouble.empty() || LooksLikeAssignment(line)) return {};
  const std::string first = ToLower(line.words[0].text);
  for (const std::string_view keyword : kKeywords) {
    if (first == keyword) return first;
  }
  return {};
}

bool StartsWith(const ConfLine& line, char brace) {
  return line.trouble.empty() && line.words[0].text.front() == brace &&
         !(line.words[0].text.size() == 1 && LooksLikeAssignment(line));
}

std::string ExpectedKeyword(const ConfLine& line) {
  return "expected \"service NAME\", \"defaults\", \"include FILE\" or \"includedir DIRECTORY\"" +
         DidYouMean(line.words[0].text, kKeywords);
}

class Parser {
 public:
  Parser(const std::string& path, LexedFile lexed) : lines_(std::move(lexed.lines)) {
    out_.file.path = path;
    out_.diagnostics = std::move(lexed.diagnostics);
    out_.defaults_lost = !out_.diagnostics.empty();
  }

  ParsedConf Parse() {
    while (at_ < lines_.size() && !Exhausted()) ParseTopLevel();
    return std::move(out_);
  }

 private:
  void ParseTopLevel();
  void ParseInclude(const ConfLine& line, bool directory);
  void ParseHeader(const ConfLine& line, BlockKind kind);
  void ParseJunk(const ConfLine& line);
  void ParseOrphan(const ConfLine& line);
  void OpenBlock(const ConfLine& header, Block& block);
  void ParseBody(Block& block);
  void ParseAssignment(const ConfLine& line, Block& block);
  void AddOperands(const ConfLine& line, Operator op, Block& block);
  void Damage(Block& block, std::string code, const Place& place, std::string message,
              std::string fix = {});
  void Report(std::string code, const Place& place, std::string message, std::string fix = {});
  bool Exhausted();
  Block* LastBlock();

  std::vector<ConfLine> lines_;
  std::size_t at_ = 0;
  std::size_t findings_ = 0;
  bool defaults_seen_ = false;
  ParsedConf out_;
};

void Parser::Report(std::string code, const Place& place, std::string message, std::string fix) {
  ++findings_;
  out_.diagnostics.push_back(
      MakeDiagnostic(Severity::kError, std::move(code), place, std::move(message), std::move(fix)));
}

void Parser::Damage(Block& block, std::string code, const Place& place, std::string message,
                    std::string fix) {
  ++findings_;
  block.damage.push_back(
      MakeDiagnostic(Severity::kError, std::move(code), place, std::move(message), std::move(fix)));
}

// A file of nothing but mistakes is not xinetd's; whatever it may hold further down is lost.
bool Parser::Exhausted() {
  if (findings_ < kMaxFindingsPerFile) return false;
  out_.defaults_lost = true;
  const Place place = at_ < lines_.size() ? lines_[at_].place : lines_.back().place;
  Report("too-many-errors", place, "too many errors; the rest of this file is not read");
  return true;
}

Block* Parser::LastBlock() {
  if (out_.file.items.empty()) return nullptr;
  return std::get_if<Block>(&out_.file.items.back());
}

void Parser::ParseTopLevel() {
  const ConfLine& line = lines_[at_++];
  const std::string keyword = Keyword(line);
  if (keyword == "service") return ParseHeader(line, BlockKind::kService);
  if (keyword == "defaults") return ParseHeader(line, BlockKind::kDefaults);
  if (keyword == "include") return ParseInclude(line, false);
  if (keyword == "includedir") return ParseInclude(line, true);
  ParseJunk(line);
}

void Parser::ParseInclude(const ConfLine& line, bool directory) {
  if (line.words.size() < 2) {
    out_.defaults_lost = true;  // what it would have included is not known
    return Report("missing-path", line.place,
                  "expected a path after \"" + line.words[0].text + "\"");
  }
  if (line.words.size() > 2 && line.words[2].text.front() != '#') {
    Report("extra-words", line.At(line.words[2]),
           "expected nothing after the path; a path cannot hold blanks");
  }
  out_.file.items.emplace_back(Include{directory, line.words[1].text, line.place});
}

void Parser::ParseHeader(const ConfLine& line, BlockKind kind) {
  Block block{kind, {}, line.place, {}, {}};
  const std::size_t name_words = kind == BlockKind::kService ? 2 : 1;
  const bool named = line.words.size() >= name_words && line.words[name_words - 1].text != "{";
  if (kind == BlockKind::kService && named) block.name = line.words[1].text;
  if (!named) Damage(block, "missing-name", line.place, "expected \"service NAME\"");
  if (kind == BlockKind::kDefaults) {
    if (defaults_seen_) {
      Damage(block, "second-defaults", line.place,
             "this file has a defaults section already; xinetd would ignore this one",
             "merge it into the first");
    }
    defaults_seen_ = true;
  }
  OpenBlock(line, block);
  out_.file.items.emplace_back(std::move(block));
}

// Consumes the '{' and what follows it.
void Parser::OpenBlock(const ConfLine& header, Block& block) {
  if (header.words.size() > 1 && header.words.back().text == "{") {
    Damage(block, "brace-not-alone", header.At(header.words.back()),
           "expected \"{\" alone on the next line", "move the \"{\" to a line of its own");
    return ParseBody(block);
  }
  if (at_ < lines_.size() && StartsWith(lines_[at_], '{')) {
    const ConfLine& brace = lines_[at_++];
    if (brace.words.size() > 1 || brace.words[0].text != "{") {
      Damage(block, "brace-not-alone", brace.place, "expected \"{\" alone on its line");
    }
    return ParseBody(block);
  }
  Damage(block, "missing-brace", header.place, "expected \"{\" on the line after this one");
  if (at_ < lines_.size() && LooksLikeAssignment(lines_[at_])) ParseBody(block);
}

void Parser::ParseBody(Block& block) {
  while (at_ < lines_.size() && !Exhausted()) {
    const ConfLine& line = lines_[at_];
    if (!Keyword(line).empty()) {
      return Damage(block, "missing-brace", line.place,
                    "expected \"}\" to end the block that began on line " +
                        std::to_string(block.place.where.line));
    }
    ++at_;
    if (StartsWith(line, '}')) {
      if (line.words.size() > 1 || line.words[0].text != "}") {
        Damage(block, "brace-not-alone", line.place, "expected \"}\" alone on its line");
      }
      return;
    }
    ParseAssignment(line, block);
  }
  Damage(block, "missing-brace", block.place, "the file ends inside this block: expected \"}\"");
}

void Parser::ParseAssignment(const ConfLine& line, Block& block) {
  if (!line.trouble.empty()) return Damage(block, "not-text", line.place, line.trouble);
  const std::string& name = line.words[0].text;
  const auto equals = name.find('=');
  if (equals != std::string::npos && name != "=" && equals > 0) {
    const std::size_t end = equals - (name[equals - 1] == '+' || name[equals - 1] == '-' ? 1 : 0);
    std::string fix = name.substr(0, end) + " " + name.substr(end, equals + 1 - end);
    if (equals + 1 < name.size()) fix += " " + name.substr(equals + 1);
    for (std::size_t i = 1; i < line.words.size(); ++i) fix += " " + line.words[i].text;
    return Damage(block, "missing-blank", line.place,
                  "expected a blank between the attribute and its operator", fix);
  }
  if (line.words.size() < 2) {
    return Damage(
        block, "missing-operator", line.place,
        "expected \"ATTRIBUTE = VALUE\", found a single word" + DidYouMean(name, kKeywords));
  }
  const auto op = LeadingOperator(line.words[1].text);
  if (!op || equals == 0) {
    return Damage(block, "bad-operator", line.At(line.words[1]),
                  "expected one of the operators \"=\", \"+=\", \"-=\"");
  }
  AddOperands(line, *op, block);
}

void Parser::AddOperands(const ConfLine& line, Operator op, Block& block) {
  Assignment assignment{line.words[0], op, {}, line.place};
  const std::size_t length = OperatorText(op).size();
  const Word& op_word = line.words[1];
  if (op_word.text.size() > length) {
    assignment.values.push_back(
        {op_word.text.substr(length), op_word.column + static_cast<std::uint32_t>(length)});
  }
  assignment.values.insert(assignment.values.end(), line.words.begin() + 2, line.words.end());
  block.assignments.push_back(std::move(assignment));
}

// A line that begins nothing. When it shows that the block before it ended too early, or that a
// block begins here under a name nobody knows, more than the line is lost.
void Parser::ParseJunk(const ConfLine& line) {
  if (!line.trouble.empty()) {
    out_.defaults_lost = true;  // it may have been any keyword
    return Report("not-text", line.place, line.trouble);
  }
  const bool opens = StartsWith(line, '{') || line.words.back().text == "{" ||
                     (at_ < lines_.size() && StartsWith(lines_[at_], '{'));
  if (opens) return ParseOrphan(line);
  const bool behind_brace = LooksLikeAssignment(line) || StartsWith(line, '}');
  if (Block* const before = LastBlock(); behind_brace && before != nullptr) {
    return Damage(*before, "early-brace", line.place,
                  "this line stands after the end of the block that began on line " +
                      std::to_string(before->place.where.line) + "; was it meant to be in it?");
  }
  const std::string_view near = NearMiss(line.words[0].text, kKeywords);
  if (behind_brace || (!near.empty() && near != "service")) out_.defaults_lost = true;
  Report("unknown-keyword", line.place, ExpectedKeyword(line));
}

// A block whose keyword is not known. If it may have been `defaults`, that is lost.
void Parser::ParseOrphan(const ConfLine& line) {
  Block orphan{BlockKind::kService, {}, line.place, {}, {}};
  if (line.words.size() > 1 && line.words[1].text != "{") orphan.name = line.words[1].text;
  if (StartsWith(line, '{')) --at_;
  const bool service = NearMiss(line.words[0].text, kKeywords) == "service";
  if (service) {
    Damage(orphan, "unknown-keyword", line.place, ExpectedKeyword(line));
  } else {
    out_.defaults_lost = true;
    Report("unknown-keyword", line.place, ExpectedKeyword(line));
  }
  OpenBlock(line, orphan);
  if (service) out_.file.items.emplace_back(std::move(orphan));
}

}  // namespace

ParsedConf ParseConf(const std::string& path, std::string_view content) {
  return Parser(path, LexConfFile(path, content)).Parse();
}

}  // namespace postern::policy
