// SPDX-License-Identifier: BSD-2-Clause
// Many questions, one JSON object a line, answered one a line in their order.
#pragma once

#include <iosfwd>
#include <string>

#include "wrapper/cli/decide.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

// {"verdict":"allow","reason":"…","rule":{"file":"…","line":1}}, without a line end.
std::string AnswerJson(const Answer& answer);

// Whether every line could be answered; one that could not has {"error":"…"} for an answer.
// Answers are held back while more questions are at hand, and never while the asker waits.
bool AnswerBatch(const Decider& decider, std::istream& input, Output& output);

}  // namespace postern::cli
