// SPDX-License-Identifier: BSD-2-Clause
// The codec of log_type: "SYSLOG facility [level]" or "FILE path [soft [hard]]", xinetd.conf(5).
#pragma once

#include <string>

#include "policy/service/codec.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

struct LogTypeCodec {
  using Value = LogTarget;
  static Result<Value> Parse(Words words, const CodecContext& context);
  static std::string Print(const Value& value);
};

}  // namespace postern::policy
