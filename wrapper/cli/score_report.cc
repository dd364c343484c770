// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/score_report.h"

#include <algorithm>
#include <string>
#include <vector>

#include "wrapper/cli/confinement_report.h"

namespace postern::cli {
namespace {

using policy::exposure::Item;
using policy::exposure::Origin;
using policy::exposure::Score;

struct SubjectText {
  const char* word;  // in JSON
  const char* text;
};
SubjectText TextOf(LookedAt what) {
  switch (what) {
    case LookedAt::kZygote:
      return {"zygote", "its zygote"};
    case LookedAt::kOwnZygote:
      return {"own-zygote", "a sandbox made for this look"};
    case LookedAt::kDaemon:
      return {"posternd", "posternd, from which it inherits everything, being without a sandbox"};
    case LookedAt::kSelf:
      return {"self", "this command: it has no sandbox, and posternd does not run"};
  }
  return {"self", ""};
}

const char* WordOf(Origin origin) {
  switch (origin) {
    case Origin::kRead:
      return "read";
    case Origin::kPlanned:
      return "planned";
    case Origin::kUnknown:
      return "unknown";
  }
  return "unknown";
}

Json ItemJson(const Item& item) {
  return {{"item", item.row->id},
          {"title", item.row->title},
          {"weight", item.row->weight},
          {"share", item.seen.share},
          {"counted", item.seen.counted},
          {"seen", item.seen.text},
          {"origin", WordOf(item.seen.origin)},
          {"attribute", item.row->attribute},
          {"why", item.row->why}};
}

unsigned Exposed(const Json& item) {
  return item["weight"].get<unsigned>() * item["share"].get<unsigned>();
}

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string RightOf(const Json& number, std::size_t width) {
  const std::string text = std::to_string(number.get<unsigned>());
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string SubjectOf(const Json& service) {
  for (const LookedAt what :
       {LookedAt::kZygote, LookedAt::kOwnZygote, LookedAt::kDaemon, LookedAt::kSelf}) {
    if (service["looked_at"] != TextOf(what).word) continue;
    const std::string pid = std::to_string(service["pid"].get<pid_t>());
    return TextOf(what).text + (what == LookedAt::kZygote ? ", process " + pid : "");
  }
  return {};
}

void PrintItems(const Json& items, Output& output) {
  std::vector<Json> exposed;
  std::string nothing;
  for (const Json& item : items) {
    if (item["share"] != 0U) {
      exposed.push_back(item);
    } else if (item["counted"] == true) {
      nothing += " " + Text(item["item"]);
    }
  }
  std::ranges::stable_sort(exposed, std::greater<>(), &Exposed);
  for (const Json& item : exposed) {
    const Json weight = Exposed(item) / 100U;
    const std::string origin = item["origin"] == "read" ? "" : " (" + Text(item["origin"]) + ")";
    output.Line("      " + RightOf(weight, 5) + "  " + Text(item["item"]) + ": " +
                Text(item["title"]) + ": " + Text(item["seen"]) + origin);
    output.Line("             " + Text(item["why"]) + " (to lower it: " + Text(item["attribute"]) +
                ")");
  }
  if (!nothing.empty()) output.Line("      nothing exposed of:" + nothing);
}

void PrintNames(const char* what, const Json& list, Output& output) {
  for (const Json& one : list) {
    output.Line(std::string(what) + " " + Text(one["id"]) + ": " + Text(one["why"]));
  }
}

}  // namespace

Json ScoreJson(const std::string& id, const Look& look, const Score& score) {
  Json service = {{"id", id},
                  {"exposure", score.exposure},
                  {"band", policy::exposure::BandOf(score.exposure)},
                  {"looked_at", TextOf(look.what).word},
                  {"pid", look.pid},
                  {"remark", look.remark.empty() ? Json() : Json(look.remark)}};
  Json items = Json::array();
  for (const Item& item : score.items) items.push_back(ItemJson(item));
  service["items"] = std::move(items);
  return service;
}

void PrintScores(const Json& answer, bool items, Output& output) {
  std::size_t width = 0;
  for (const Json& service : answer["services"]) {
    width = std::max(width, Text(service["id"]).size());
  }
  for (const Json& service : answer["services"]) {
    constexpr std::size_t kBandWidth = 7;
    output.Line(RightOf(service["exposure"], 3) + "  " + Padded(Text(service["band"]), kBandWidth) +
                "  " + Padded(Text(service["id"]), width) + "  " + SubjectOf(service));
    if (!service["remark"].is_null()) output.Line("      " + Text(service["remark"]));
    if (items) PrintItems(service["items"], output);
  }
  PrintNames("not scored:", answer["not_scored"], output);
  PrintNames("failed:", answer["failed"], output);
}

}  // namespace postern::cli
