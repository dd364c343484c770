// SPDX-License-Identifier: BSD-2-Clause
// The option language (policy/hosts/options.h): any bytes are a program or an error inside the
// text, and every action reads back from its printed form as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/hosts/options.h"

namespace {

using postern::policy::hosts::OptionAction;
using postern::policy::hosts::OptionProgram;
using postern::policy::hosts::OptionText;
using postern::policy::hosts::ParseOptions;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string WithColonsProtected(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ':' ? std::string("\\:") : std::string(1, c);
  return out;
}

void ReadsBack(const OptionAction& action) {
  const std::string text = OptionText(action);
  const OptionProgram again = ParseOptions(WithColonsProtected(text), {"fuzz", 1, 1});
  Require(!again.error && again.actions.size() == 1);
  Require(OptionText(again.actions.front()) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const OptionProgram program = ParseOptions(text, {"fuzz", 1, 1});
  Require(program.error.has_value() == (program.end == OptionProgram::End::kError));
  Require(program.twist_command.empty() == (program.end != OptionProgram::End::kTwist));
  if (program.error) {
    Require(!program.error->message.empty());
    Require(program.error->where.column >= 1 && program.error->where.column <= size + 1);
  }
  for (const OptionAction& action : program.actions) ReadsBack(action);
  return 0;
}
