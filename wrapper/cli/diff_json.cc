// SPDX-License-Identifier: BSD-2-Clause
// A difference of policies as JSON: the same as the text, uncut.
#include "policy/analysis/region_words.h"
#include "wrapper/cli/diff_report.h"
#include "wrapper/cli/json.h"

namespace postern::cli {
namespace {

using policy::analysis::Change;
using policy::analysis::ClientSymbol;
using policy::analysis::Difference;
using policy::analysis::Outcome;
using policy::analysis::PolicyDiff;
using policy::analysis::Subject;
using policy::analysis::Symbol;

// Blocks are never cut; patterns of octets and groups are, when they are no help any more.
constexpr std::size_t kMaxWords = 1u << 20;

// A text, or what its texts have in common and one of them.
Json SymbolJson(const Symbol& symbol) {
  if (symbol.texts.exact) return {{"is", symbol.texts.representative}};
  Json json{{"any", symbol.any}};
  if (!symbol.any) json["like"] = symbol.texts.patterns;
  json["sample"] = symbol.texts.representative;
  return json;
}

Json SubjectJson(const Subject& subject) {
  Json json;
  if (subject.service.empty()) {
    json["daemon"] = SymbolJson(subject.target.daemon);
  } else {
    json["service"] = subject.service;
  }
  if (subject.target.port_matters) {
    json["port"] = subject.target.port ? Json(*subject.target.port) : Json("other");
  }
  if (subject.target.server_matters) {
    const auto& address = subject.target.server_address;
    json["server_name"] = SymbolJson(subject.target.server_name);
    json["server_addr"] = address ? Json(address->ToString()) : Json("unknown");
  }
  return json;
}

Json ClientJson(const ClientSymbol& client) {
  Json json{{"name", SymbolJson(client.name)}, {"user", SymbolJson(client.user)}};
  for (const auto& [group, member] : client.groups) json["netgroups"][group] = member;
  return json;
}

const char* EffectText(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::kOpens:
      return "opens";
    case Change::Kind::kCloses:
      return "closes";
    case Change::Kind::kOptions:
      break;
  }
  return "options";
}

Json OutcomeJson(const PolicyDiff& diff, const Outcome& outcome) {
  Json rule = nullptr;
  if (outcome.rule != nullptr) rule = {{"file", outcome.rule->file}, {"line", outcome.rule->line}};
  return {{"verdict", outcome.allowed ? "allow" : "deny"},
          {"reason", std::string(outcome.reason)},
          {"rule", std::move(rule)},
          {"options", diff.deeds.Text(outcome.deeds)}};
}

Json ChangeJson(PolicyDiff& diff, const Difference& difference, const Change& change) {
  auto addresses = policy::analysis::WordsOf(diff.regions, change.addresses, kMaxWords);
  const auto sample = diff.regions.Sample(change.addresses);
  const ClientSymbol& client = difference.clients.front();
  return {{"effect", EffectText(change.kind())},
          {"widens", change.widens()},
          {"addresses", std::move(addresses.words)},
          {"addresses_complete", addresses.complete},
          {"unknown_address", change.unknown_address},
          {"old", OutcomeJson(diff, change.before)},
          {"new", OutcomeJson(diff, change.after)},
          {"sample",
           {{"client_addr", sample ? sample->ToString() : "unknown"},
            {"client_name", client.name.texts.representative},
            {"user", client.user.texts.representative}}}};
}

}  // namespace

void PrintDiffJson(PolicyDiff& diff, Output& output) {
  Json differences = Json::array();
  for (const Difference& difference : diff.differences) {
    Json json{{"subjects", Json::array()}, {"clients", Json::array()}, {"changes", Json::array()}};
    for (const Subject& subject : difference.subjects) {
      json["subjects"].push_back(SubjectJson(subject));
    }
    for (const ClientSymbol& client : difference.clients) {
      json["clients"].push_back(ClientJson(client));
    }
    for (const Change& change : difference.changes) {
      json["changes"].push_back(ChangeJson(diff, difference, change));
    }
    differences.push_back(std::move(json));
  }
  PrintJson(output, {{"opens", diff.widens()}, {"differences", std::move(differences)}});
}

}  // namespace postern::cli
