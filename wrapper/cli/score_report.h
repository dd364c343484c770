// SPDX-License-Identifier: BSD-2-Clause
// What `postern score` found: as JSON, and as text made from it.
#pragma once

#include "policy/exposure/rate.h"
#include "wrapper/cli/json.h"
#include "wrapper/cli/score_look.h"

namespace postern::cli {

// One service: its exposure, what was looked at, and every item.
Json ScoreJson(const std::string& id, const Look& look, const policy::exposure::Score& score);

// {"services": the most exposed first, "not_scored", "failed"}. `items`: tell what is exposed, too.
void PrintScores(const Json& answer, bool items, Output& output);

}  // namespace postern::cli
