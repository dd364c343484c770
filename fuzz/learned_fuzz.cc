// SPDX-License-Identifier: BSD-2-Clause
// What the postern command reads of a learner: text that decodes stays within its limits and comes
// back the same from its own encoding; all other is an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/learn/learned.h"

using postern::sandbox::Learned;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto learned = postern::sandbox::DecodeLearned(bytes);
  if (!learned) return 0;
  if (learned->files.size() > Learned::kMostFiles ||
      learned->arguments.size() > Learned::kMostArguments ||
      learned->connections.size() > Learned::kMostConnections) {
    std::abort();
  }
  const std::string text = EncodeLearned(*learned);
  const auto again = postern::sandbox::DecodeLearned(text);
  if (!again || EncodeLearned(*again) != text) std::abort();
  return 0;
}
