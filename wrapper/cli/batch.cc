// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/batch.h"

#include <istream>
#include <map>
#include <utility>

#include "policy/base/diagnostic.h"
#include "wrapper/cli/json.h"

namespace postern::cli {
namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 16;

// Reads one flat object into a Question without building a document. Every method answers whether
// to go on; `why_` says why not.
class QuestionReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit QuestionReader(Question& question) : question_(question) {}
  const std::string& why() const { return why_; }

  bool start_object(std::size_t /*elements*/) override {
    return !std::exchange(inside_, true) || Refuse("is an object, not a text");
  }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    key_ = std::move(name);
    const auto index = FieldIndex(key_);
    if (!index) return Refuse("is not a known key");
    const std::uint32_t bit = 1U << *index;
    if ((std::exchange(seen_, seen_ | bit) & bit) != 0) return Refuse("is there twice");
    return true;
  }
  bool string(string_t& value) override { return Set(value); }
  bool null() override { return inside_ || Refuse(""); }  // as if it were not there
  bool number_unsigned(number_unsigned_t value) override {
    if (inside_ && key_ != "server_port") return Refuse("is a number, not a text");
    return Set(std::to_string(value));
  }
  bool boolean(bool /*value*/) override { return Refuse("is not a text"); }
  bool number_integer(number_integer_t /*value*/) override { return Refuse("is out of range"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return Refuse("is not a whole number");
  }
  bool binary(binary_t& /*value*/) override { return Refuse("is not a text"); }
  bool start_array(std::size_t /*elements*/) override { return Refuse("is a list, not a text"); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    why_ = "not JSON, from byte " + std::to_string(position) + " on";
    return false;
  }

 private:
  bool Set(std::string_view value) {
    if (!inside_) return Refuse("");
    const auto set = SetField(question_, key_, value);
    if (set) return true;
    why_ = set.error();
    return false;
  }
  bool Refuse(const char* why) {
    why_ = inside_ ? policy::EscapeText(key_) + ": " + why : "not a JSON object";
    return false;
  }

  Question& question_;
  bool inside_ = false;
  std::uint32_t seen_ = 0;
  std::string key_, why_;
};

// Rules and reasons repeat; each is turned into JSON once.
class AnswerWriter {
 public:
  void Append(const Answer& answer, std::string& text) {
    text += answer.allowed ? R"({"verdict":"allow","reason":)" : R"({"verdict":"deny","reason":)";
    auto [reason, fresh] = reasons_.try_emplace(answer.reason);
    if (fresh) reason->second = Compact(answer.reason);
    text += reason->second;
    text += R"(,"rule":)";
    text += RuleText(answer.rule);
    text += '}';
  }

 private:
  const std::string& RuleText(const policy::SourceLocation* rule) {
    auto [found, fresh] = rules_.try_emplace(rule, "null");
    if (fresh && rule != nullptr) {
      found->second =
          R"({"file":)" + Compact(rule->file) + R"(,"line":)" + std::to_string(rule->line) + "}";
    }
    return found->second;
  }

  std::map<std::string, std::string, std::less<>> reasons_;
  std::map<const policy::SourceLocation*, std::string> rules_;
};

}  // namespace

std::expected<Question, std::string> ReadQuestion(std::string_view line) {
  if (line.size() > kMaxLine) return std::unexpected("the line is too long");
  Question question;
  QuestionReader reader(question);
  if (!nlohmann::json::sax_parse(line, &reader)) return std::unexpected(reader.why());
  return question;
}

std::string AnswerJson(const Answer& answer) {
  std::string text;
  AnswerWriter().Append(answer, text);
  return text;
}

bool AnswerBatch(const Decider& decider, std::istream& input, Output& output) {
  bool all = true;
  AnswerWriter writer;
  std::string line, text;
  while (std::getline(input, line)) {
    text.clear();
    const auto question = ReadQuestion(line);
    const auto answer = question ? decider.Decide(*question) : std::unexpected(question.error());
    if (answer) {
      writer.Append(*answer, text);
    } else {
      text = R"({"error":)" + Compact(answer.error()) + "}";
      all = false;
    }
    output.Line(text);
    if (input.rdbuf()->in_avail() <= 0) output.Flush();
  }
  return all;
}

}  // namespace postern::cli
