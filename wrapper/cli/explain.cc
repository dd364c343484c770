// SPDX-License-Identifier: BSD-2-Clause
// postern explain: match, with every rule that was asked. Exit 0 allow, 1 deny.
#include "policy/base/diagnostic.h"
#include "wrapper/cli/account.h"
#include "wrapper/cli/confinement_report.h"
#include "wrapper/cli/json.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/cli/question_options.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

namespace hosts = policy::hosts;
using policy::EscapeText;

constexpr const char* kNotSimulated[] = {"cps", "cps_per_source", "instances", "per_source",
                                         "max_load"};

Json FactsJson(const hosts::Request& request) {
  const auto text = [](const hosts::Fact& fact) {
    return fact.asked() ? fact.text() : std::string(hosts::kUnknown);
  };
  Json facts = {{"daemon", text(request.daemon)},
                {"client_addr", text(request.client.address)},
                {"client_name", text(request.client.name)},
                {"user", text(request.user)},
                {"server_addr", text(request.server.address)},
                {"server_name", text(request.server.name)}};
  facts["server_port"] = request.server.port ? Json(*request.server.port) : Json("unknown");
  return facts;
}

Json TokensJson(const std::vector<hosts::TokenStep>& tokens) {
  Json list = Json::array();
  for (const hosts::TokenStep& token : tokens) {
    list.push_back({{"token", token.token}, {"matched", token.matched}, {"why", token.why}});
  }
  return list;
}

Json RuleJson(const hosts::RuleStep& step) {
  Json rule = PlaceJson(&step.rule->where);
  rule["text"] = step.rule->text;
  rule["matched"] = step.matched;
  rule["daemons"] = TokensJson(step.daemons);
  rule["clients"] = TokensJson(step.clients);
  if (!step.note.empty()) rule["note"] = step.note;
  return rule;
}

Json HostsJson(const HostsStep& step) {
  Json asked = {{"daemon", step.daemon}, {"facts", FactsJson(step.request)}};
  asked["rules"] = Json::array();
  for (const hosts::RuleStep& rule : step.explanation.steps) {
    asked["rules"].push_back(RuleJson(rule));
  }
  asked["netgroups_taken_as_empty"] = step.netgroups;
  return asked;
}

Json ServiceJson(const Account& account) {
  if (account.service == nullptr) return nullptr;
  Json service = {{"id", account.service->id}};
  service.update(PlaceJson(&account.service->where));
  service["checks"] = Json::array();
  for (const ServiceStep& step : account.service_steps) {
    service["checks"].push_back({{"check", step.check},
                                 {"word", step.word.empty() ? Json(nullptr) : Json(step.word)},
                                 {"matched", step.matched},
                                 {"why", step.why},
                                 {"place", PlaceJson(step.where)}});
  }
  service["not_simulated"] = kNotSimulated;
  service["confinement"] = ConfinementJson(*account.service);
  return service;
}

Json AccountJson(const Account& account) {
  Json json = {{"verdict", account.answer.allowed ? "allow" : "deny"},
               {"reason", account.answer.reason},
               {"rule", PlaceJson(account.answer.rule)},
               {"service", ServiceJson(account)}};
  json["hosts"] = Json::array();
  for (const HostsStep& step : account.hosts_steps) json["hosts"].push_back(HostsJson(step));
  json["compatibility"] = Json::array();
  for (const Switch& one : account.switches) {
    json["compatibility"].push_back(
        {{"name", one.name}, {"value", one.value}, {"effect", one.effect}});
  }
  return json;
}

// The text is made from the JSON, so that neither knows more than the other.
void PrintTokens(const char* side, const Json& tokens, Output& output) {
  for (const Json& token : tokens) {
    output.Line(std::string("      ") + side + " " + Text(token["token"]) +
                (token["matched"].get<bool>() ? ": matches: " : ": does not match: ") +
                Text(token["why"]));
  }
}

void PrintService(const Json& service, Output& output) {
  if (service.is_null()) return;
  output.Line("service " + Text(service["id"]) + " (" + Place(service) + ")");
  for (const Json& check : service["checks"]) {
    std::string line = "  " + Text(check["check"]);
    if (!check["word"].is_null()) line += " " + Text(check["word"]);
    line += ": " + Text(check["why"]);
    if (!check["place"].is_null()) line += " (" + Place(check["place"]) + ")";
    output.Line(line);
  }
  std::string line = "  not simulated:";
  for (const char* name : kNotSimulated) line += std::string(" ") + name;
  output.Line(line);
  PrintConfinement(service["confinement"], output);
}

void PrintHosts(const Json& asked, Output& output) {
  output.Line("hosts files, daemon " + Text(asked["daemon"]));
  std::string facts = "  facts:";
  for (const auto& [key, value] : asked["facts"].items()) {
    facts += " " + key + "=" + (value.is_string() ? Text(value) : value.dump());
  }
  output.Line(facts);
  for (const Json& rule : asked["rules"]) {
    output.Line("  " + Place(rule) + ": " +
                (rule["matched"].get<bool>() ? "matches: " : "does not match: ") +
                Text(rule["text"]));
    PrintTokens("daemon", rule["daemons"], output);
    PrintTokens("client", rule["clients"], output);
    if (rule.contains("note")) output.Line("      " + Text(rule["note"]));
  }
  for (const Json& group : asked["netgroups_taken_as_empty"]) {
    output.Line("  netgroup " + Text(group) + " was not looked up: nobody is in it");
  }
}

void PrintAccount(const Json& account, Output& output) {
  std::string verdict = Text(account["verdict"]) + ": " + Text(account["reason"]);
  if (!account["rule"].is_null()) verdict += " (" + Place(account["rule"]) + ")";
  output.Line(verdict);
  PrintService(account["service"], output);
  for (const Json& asked : account["hosts"]) PrintHosts(asked, output);
  for (const Json& one : account["compatibility"]) {
    output.Line("compatibility " + Text(one["name"]) + " = " + Text(one["value"]) + ": " +
                Text(one["effect"]));
  }
}

class ExplainVerb final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    question_.Declare(arguments);
    policy_.Declare(arguments);
    arguments.Footer(
        "What is not given is unknown. Nothing is looked up and no command is run.\n"
        "With --service alone: how its program is confined.\n"
        "Exit status: 0 allow, 1 deny, 2 wrong usage or unusable input.");
  }

  int Run(Output& output) override {
    if (const auto service = question_.ServiceAlone()) return ExplainPlan(*service, output);
    const auto question = question_.Read();
    if (!question) return Complain(question.error());
    const auto files =
        LoadPolicy(question->service ? policy_.Paths() : policy_.PathsWithoutServices());
    if (!files) return Complain(files.error());
    const wrapper::RealSystem accounts("/");
    const Decider decider(*files, accounts);
    const auto account = Explain(decider, *question);
    if (!account) return Complain("--" + account.error());
    const Json json = AccountJson(*account);
    if (policy_.json) {
      PrintJson(output, json);
    } else {
      PrintAccount(json, output);
    }
    return account->answer.allowed ? kClean : kFindings;
  }

 private:
  int ExplainPlan(const std::string& id, Output& output) {
    const auto files = LoadPolicy(policy_.Paths());
    if (!files) return Complain(files.error());
    const wrapper::RealSystem accounts("/");
    const Decider decider(*files, accounts);
    const policy::ServiceSpec* const spec = decider.FindService(id);
    if (spec == nullptr) return Complain("--service: " + decider.WhyNoService(id));
    const Json json = PlanJson(*spec);
    if (policy_.json) {
      PrintJson(output, json);
    } else {
      PrintPlan(json, output);
    }
    return kClean;
  }

  QuestionOptions question_;
  PolicyOptions policy_;
};

}  // namespace

std::unique_ptr<Verb> MakeExplain() { return std::make_unique<ExplainVerb>(); }

}  // namespace postern::cli
