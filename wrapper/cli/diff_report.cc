// SPDX-License-Identifier: BSD-2-Clause
// One paragraph for each difference: who is asked, who asks, then each change with its addresses,
// the rules that decide and one client to try.
#include "wrapper/cli/diff_report.h"

#include <string>

#include "policy/analysis/region_words.h"
#include "policy/base/diagnostic.h"

namespace postern::cli {
namespace {

using namespace std::string_literals;
using policy::EscapeText;
using policy::analysis::Change;
using policy::analysis::ClientSymbol;
using policy::analysis::Difference;
using policy::analysis::Outcome;
using policy::analysis::PolicyDiff;
using policy::analysis::Subject;

constexpr std::size_t kMaxWords = 40;    // of addresses, in one change
constexpr std::size_t kMaxSymbols = 20;  // of daemons or clients, in one paragraph

std::string SubjectText(const Subject& subject) {
  std::string text = subject.service.empty() ? "daemon " + subject.target.daemon.ToText()
                                             : "service " + subject.service;
  if (subject.target.port_matters) {
    text += " on " + (subject.target.port ? "port " + std::to_string(*subject.target.port)
                                          : "any other port"s);
  }
  if (subject.target.server_matters) {
    const auto& address = subject.target.server_address;
    text += " at server " + subject.target.server_name.ToText();
    text += address ? " like " + address->ToString() : " of unknown address";
  }
  return EscapeText(text);
}

std::string ClientText(const ClientSymbol& client) {
  std::string text;
  if (!client.name.any) text += "name=" + client.name.ToText();
  if (!client.user.any) text += (text.empty() ? "user=" : ", user=") + client.user.ToText();
  for (const auto& [group, member] : client.groups) {
    text += (text.empty() ? "" : ", ") + (member ? "in @"s : "not in @"s) + group;
  }
  return EscapeText(text.empty() ? "everybody" : text);
}

std::string OutcomeText(const Outcome& outcome) {
  std::string text = outcome.allowed ? "allow" : "deny";
  if (outcome.rule == nullptr) return text + " (" + std::string(outcome.reason) + ")";
  text += " (" + EscapeText(outcome.rule->file);
  if (outcome.rule->line != 0) text += ":" + std::to_string(outcome.rule->line);
  return text + ")";
}

template <typename Symbols, typename Text>
std::string Joined(const Symbols& symbols, const char* separator, const Text& text_of) {
  std::string text;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    if (i == kMaxSymbols) return text + " and " + std::to_string(symbols.size() - i) + " more";
    text += (i == 0 ? "" : separator) + text_of(symbols[i]);
  }
  return text;
}

std::string SampleText(PolicyDiff& diff, const Difference& difference, const Change& change) {
  const auto address = diff.regions.Sample(change.addresses);
  std::string text = address ? address->ToString() : "unknown";
  const ClientSymbol& client = difference.clients.front();
  if (!client.name.any) text += " name=" + client.name.texts.representative;
  if (!client.user.any) text += " user=" + client.user.texts.representative;
  return EscapeText(text);
}

const char* EffectText(const Change& change) {
  switch (change.kind()) {
    case Change::Kind::kOpens:
      return "opens";
    case Change::Kind::kCloses:
      return "closes";
    case Change::Kind::kOptions:
      break;
  }
  return change.more ? "options, and more is allowed" : "options";
}

std::string OptionsText(const PolicyDiff& diff, const Outcome& outcome) {
  const std::string& text = diff.deeds.Text(outcome.deeds);
  return text.empty() ? "none" : EscapeText(text);
}

void PrintChange(PolicyDiff& diff, const Difference& difference, const Change& change,
                 Output& output) {
  output.Line("  "s + EffectText(change) + ": " + OutcomeText(change.before) + " -> " +
              OutcomeText(change.after));
  if (change.kind() == Change::Kind::kOptions) {
    output.Line("    old: " + OptionsText(diff, change.before));
    output.Line("    new: " + OptionsText(diff, change.after));
  }
  const auto addresses = policy::analysis::WordsOf(diff.regions, change.addresses, kMaxWords);
  std::string text = "   ";
  for (const std::string& word : addresses.words) text += ' ' + word;
  if (change.unknown_address) text += " unknown";
  output.Line(addresses.complete ? text : text + " ...");
  output.Line("    for example " + SampleText(diff, difference, change));
}

}  // namespace

void PrintDiff(PolicyDiff& diff, Output& output) {
  for (const Difference& difference : diff.differences) {
    output.Line(Joined(difference.subjects, ", ", SubjectText) + ": " +
                Joined(difference.clients, "; ", ClientText));
    for (const Change& change : difference.changes) {
      PrintChange(diff, difference, change, output);
    }
  }
}

}  // namespace postern::cli
