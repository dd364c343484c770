// SPDX-License-Identifier: BSD-2-Clause
// JSON on standard output: ASCII only, so that nothing taken from a file reaches a terminal as it
// is. Costly to compile: for the files that write JSON, not for headers.
#pragma once

#include <nlohmann/json.hpp>

#include "wrapper/cli/output.h"

namespace postern::cli {

// Keys keep the order in which they were set.
using Json = nlohmann::ordered_json;

// Bytes that are no UTF-8 become U+FFFD.
inline std::string Compact(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

inline void PrintJson(Output& output, const Json& value) {
  output.Line(value.dump(2, ' ', true, Json::error_handler_t::replace));
}

}  // namespace postern::cli
