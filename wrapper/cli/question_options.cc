// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/question_options.h"

#include <algorithm>
#include <string_view>

namespace postern::cli {
namespace {

std::string OptionName(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::ranges::replace(name, '_', '-');
  return name;
}

}  // namespace

void QuestionOptions::Declare(Arguments& arguments) {
  values_.resize(Fields().size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const Field& field = Fields()[i];
    arguments.Option(OptionName(field.key).c_str(), values_[i], field.value, field.help);
  }
}

bool QuestionOptions::empty() const {
  return std::ranges::none_of(values_, [](const auto& value) { return value.has_value(); });
}

std::optional<std::string> QuestionOptions::ServiceAlone() const {
  std::optional<std::string> service;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!values_[i]) continue;
    if (std::string_view(Fields()[i].key) != "service") return std::nullopt;
    service = values_[i];
  }
  return service;
}

std::expected<Question, std::string> QuestionOptions::Read() const {
  Question question;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!values_[i]) continue;
    const auto set = SetField(question, Fields()[i].key, *values_[i]);
    if (!set) return std::unexpected("--" + set.error());
  }
  if (!question.daemon && !question.service) {
    return std::unexpected("--daemon or --service is needed: what is asked for");
  }
  if (!question.client_addr) {
    return std::unexpected("--client-addr is needed: who asks, or \"unknown\"");
  }
  return question;
}

}  // namespace postern::cli
