// SPDX-License-Identifier: BSD-2-Clause
// Lines of `postern match --batch` (wrapper/cli/batch.h): any bytes are a question or an error that
// can be printed, and only an object is a question.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wrapper/cli/batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(data, data + size);
  const auto question = postern::cli::ReadQuestion(line);
  if (question) {
    if (line.find('{') == std::string::npos) std::abort();
    if (question->client_addr && !question->Peer() && *question->client_addr != "unknown" &&
        !question->client_addr->empty()) {
      std::abort();
    }
    return 0;
  }
  if (question.error().empty()) std::abort();
  for (const char c : question.error()) {
    if (c < ' ' || c > '~') std::abort();
  }
  return 0;
}
