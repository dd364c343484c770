// SPDX-License-Identifier: BSD-2-Clause
// One assignment at a time; see settings_reader.h.
#include "policy/service/settings_reader.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "policy/base/near_miss.h"
#include "policy/base/text.h"
#include "policy/service/attributes.h"
#include "policy/service/codec.h"
#include "policy/service/conf_printer.h"

namespace postern::policy {
namespace {

constexpr std::string_view kFreeTextAttribute = "server_args";

std::size_t CommentStart(Words words) {
  std::size_t at = 0;
  while (at < words.size() && !words[at].text.starts_with('#')) ++at;
  return at;
}

std::string CountText(const Arity& arity) {
  if (arity.least == arity.most) {
    return arity.least == 1 ? "exactly one value" : std::to_string(arity.least) + " values";
  }
  return "at least one value";
}

// The line split in two: the comment above, the attribute below.
std::string SplitComment(const Assignment& assignment, std::size_t comment) {
  std::string out;
  for (std::size_t i = comment; i < assignment.values.size(); ++i) {
    out += (i == comment ? "" : " ") + assignment.values[i].text;
  }
  Assignment bare = assignment;
  bare.values.resize(comment);
  return out + "\n" + PrintAssignment(bare);
}

class Reader {
 public:
  Reader(const Block& block, const ReadOptions& options, const SystemView& system,
         Settings& settings, Findings& findings)
      : block_(block),
        options_(options),
        system_(system),
        settings_(settings),
        findings_(findings) {}

  void Read(const Assignment& assignment) {
    const Attribute* const row = Known(assignment);
    if (row == nullptr || !OperatorFits(*row, assignment)) return;
    const auto words = WithoutComment(*row, assignment);
    if (!words || !CountFits(*row, assignment, *words) || !SaidOnce(*row, assignment)) return;
    const CodecContext context{system_, assignment};
    if (auto error = row->field.assign(settings_, *words, context, block_.kind)) {
      if (error->source_line.empty()) error->source_line = assignment.place.source_line;
      return findings_.Add(*std::move(error));
    }
  }

 private:
  const Attribute* Known(const Assignment& assignment);
  bool OperatorFits(const Attribute& row, const Assignment& assignment);
  std::optional<Words> WithoutComment(const Attribute& row, const Assignment& assignment);
  bool CountFits(const Attribute& row, const Assignment& assignment, Words words);
  bool SaidOnce(const Attribute& row, const Assignment& assignment);

  const Block& block_;
  const ReadOptions& options_;
  const SystemView& system_;
  Settings& settings_;
  Findings& findings_;
  std::map<const Attribute*, const Assignment*> said_;
};

const Attribute* Reader::Known(const Assignment& assignment) {
  const Attribute* const row = FindAttribute(assignment.name.text);
  const bool service = block_.kind == BlockKind::kService;
  if (row == nullptr) {
    findings_.Error("unknown-attribute", assignment.place,
                    "unknown attribute \"" + assignment.name.text + "\"" +
                        DidYouMean(assignment.name.text, AttributeNames(block_.kind)));
    return nullptr;
  }
  if (row->AllowedIn(block_.kind)) return row;
  findings_.Error(service ? "only-in-defaults" : "not-in-defaults", assignment.place,
                  "\"" + std::string(row->name) + "\" belongs into " +
                      (service ? "the defaults section" : "a service") + ", not into " +
                      (service ? "a service" : "defaults"));
  return nullptr;
}

bool Reader::OperatorFits(const Attribute& row, const Assignment& assignment) {
  const bool fits = assignment.op == Operator::kSet || row.operators == Operators::kList ||
                    (row.operators == Operators::kAppend && assignment.op == Operator::kAdd);
  if (fits) return true;
  std::string message = "the operator \"";
  message += OperatorText(assignment.op);
  message += "\" cannot be used with \"" + std::string(row.name) + "\"; expected \"=\"";
  if (row.operators == Operators::kAppend) message += " or \"+=\"";
  findings_.Error("wrong-operator", assignment.place, std::move(message));
  return false;
}

// xinetd has no trailing comments: it counts the words behind '#' as values, and drops a line that
// has too many. In server_args they really are arguments.
std::optional<Words> Reader::WithoutComment(const Attribute& row, const Assignment& assignment) {
  const Words words = assignment.values;
  const std::size_t comment = CommentStart(words);
  if (comment == words.size()) return words;
  if (options_.accept_trailing_comments) return words.first(comment);
  if (row.name == kFreeTextAttribute) {
    findings_.Warn("comment-in-arguments", assignment.At(words[comment]),
                   "\"#\" begins no comment here: the server is given this and all that follows "
                   "as arguments");
    return words;
  }
  findings_.Error("trailing-comment", assignment.At(words[comment]),
                  "a comment must stand on a line of its own: xinetd takes these words for values "
                  "of \"" +
                      std::string(row.name) + "\"",
                  SplitComment(assignment, comment));
  return std::nullopt;
}

bool Reader::CountFits(const Attribute& row, const Assignment& assignment, Words words) {
  const bool enough = words.size() >= row.arity.least;
  if (enough && (row.arity.most == kAnyCount || words.size() <= row.arity.most)) return true;
  const Place place = enough ? assignment.At(words[row.arity.most]) : assignment.place;
  findings_.Error("wrong-count", place,
                  "\"" + std::string(row.name) + "\" expects " + CountText(row.arity) + " (" +
                      std::string(row.values) + "), found " + std::to_string(words.size()));
  return false;
}

// xinetd keeps the first of two values and ignores the second, whichever was meant. A list may be
// repeated; a second "=" on it is likely meant as "+=".
bool Reader::SaidOnce(const Attribute& row, const Assignment& assignment) {
  const auto [before, first] = said_.emplace(&row, &assignment);
  const bool list = row.operators != Operators::kSet;
  if (!list && (!first || row.field.given(settings_))) {
    const Assignment* const earlier = first ? row.field.from(settings_) : before->second;
    findings_.Error("repeated-attribute", assignment.place,
                    "\"" + std::string(row.name) + "\" was set already, in " +
                        earlier->place.where.file + " line " +
                        std::to_string(earlier->place.where.line));
    return false;
  }
  const bool replaces = block_.kind == BlockKind::kService || !row.field.adds_in_defaults;
  if (list && !first && replaces && assignment.op == Operator::kSet) {
    findings_.Warn("list-replaced", assignment.place,
                   "this replaces what line " + std::to_string(before->second->place.where.line) +
                       " said about \"" + std::string(row.name) + "\"",
                   "write \"+=\" to add to it");
  }
  return true;
}

}  // namespace

void ReadSettings(const Block& block, const ReadOptions& options, const SystemView& system,
                  Settings& settings, Findings& findings) {
  for (const Diagnostic& damage : block.damage) findings.Add(damage);
  Reader reader(block, options, system, settings, findings);
  for (const Assignment& assignment : block.assignments) reader.Read(assignment);
}

bool AcceptsTrailingComments(const Block& defaults) {
  for (const Assignment& assignment : defaults.assignments) {
    if (EqualsIgnoreCase(assignment.name.text, "trailing_comments")) {
      return !assignment.values.empty() && EqualsIgnoreCase(assignment.values[0].text, "accept");
    }
  }
  return false;
}

const Assignment* DisabledBy(const Block& service, const ReadOptions& options) {
  for (const Assignment& assignment : service.assignments) {
    if (!EqualsIgnoreCase(assignment.name.text, "disable")) continue;
    const Words words = assignment.values;
    const std::size_t count = options.accept_trailing_comments ? CommentStart(words) : words.size();
    const bool yes =
        assignment.op == Operator::kSet && count == 1 && EqualsIgnoreCase(words[0].text, "yes");
    return yes ? &assignment : nullptr;
  }
  return nullptr;
}

}  // namespace postern::policy
