// SPDX-License-Identifier: BSD-2-Clause
// Many questions, one JSON object a line, answered one a line in their order.
#pragma once

#include <expected>
#include <iosfwd>
#include <string>
#include <string_view>

#include "wrapper/cli/decide.h"
#include "wrapper/cli/output.h"

namespace postern::cli {

// One line of a batch. The error says what is wrong with it. Fuzz target: question_json.
std::expected<Question, std::string> ReadQuestion(std::string_view line);

// {"verdict":"allow","reason":"…","rule":{"file":"…","line":1}}, without a line end.
std::string AnswerJson(const Answer& answer);

// Whether every line could be answered; one that could not has {"error":"…"} for an answer.
// Answers are held back while more questions are at hand, and never while the asker waits.
bool AnswerBatch(const Decider& decider, std::istream& input, Output& output);

}  // namespace postern::cli
