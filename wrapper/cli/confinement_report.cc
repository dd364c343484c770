// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/confinement_report.h"

#include <string>

#include "policy/base/diagnostic.h"
#include "policy/service/confinement_plan.h"

namespace postern::cli {

Json PlaceJson(const policy::SourceLocation* where) {
  if (where == nullptr) return nullptr;
  return {{"file", where->file}, {"line", where->line}};
}

std::string Text(const Json& value) {
  return policy::EscapeText(value.get_ref<const std::string&>());
}

std::string Place(const Json& place) {
  if (place.is_null()) return {};
  return Text(place["file"]) + ":" + std::to_string(place["line"].get<std::uint32_t>());
}

Json ConfinementJson(const policy::ServiceSpec& service) {
  Json steps = Json::array();
  for (const policy::PlanStep& step : policy::ConfinementPlan(service)) {
    const bool written = !step.where.file.empty();
    steps.push_back({{"step", step.name},
                     {"value", step.value},
                     {"place", PlaceJson(written ? &step.where : nullptr)}});
  }
  return steps;
}

void PrintConfinement(const Json& steps, Output& output) {
  output.Line(steps.empty() ? "  confinement: that of postern-relay, which serves the clients"
                            : "  confinement of the program, in this order:");
  for (const Json& step : steps) {
    const std::string place = step["place"].is_null() ? "profile" : Place(step["place"]);
    output.Line("    " + Text(step["step"]) + " = " + Text(step["value"]) + " (" + place + ")");
  }
}

Json PlanJson(const policy::ServiceSpec& service) {
  Json plan = {{"id", service.id}};
  plan.update(PlaceJson(&service.where));
  plan["confinement"] = ConfinementJson(service);
  return plan;
}

void PrintPlan(const Json& plan, Output& output) {
  output.Line("service " + Text(plan["id"]) + " (" + Place(plan) + ")");
  PrintConfinement(plan["confinement"], output);
}

}  // namespace postern::cli
