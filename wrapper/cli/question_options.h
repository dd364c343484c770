// SPDX-License-Identifier: BSD-2-Clause
// The options of the verbs that put one question: match and explain.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "wrapper/cli/arguments.h"
#include "wrapper/cli/question.h"

namespace postern::cli {

class QuestionOptions {
 public:
  void Declare(Arguments& arguments);
  bool empty() const;
  // The id of a service, when nothing else is given.
  std::optional<std::string> ServiceAlone() const;
  // The error names the option.
  std::expected<Question, std::string> Read() const;

 private:
  // Beside Fields(), one for one.
  std::vector<std::optional<std::string>> values_;
};

}  // namespace postern::cli
