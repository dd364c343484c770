// SPDX-License-Identifier: BSD-2-Clause
// The codec of log_type: "SYSLOG facility [level]" or "FILE path [soft [hard]]", xinetd.conf(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/service/codec.h"
#include "policy/service/service_spec.h"

namespace postern::policy {

// "daemon", "auth", "local3", …: shifted as openlog(3) takes it, for posternd -syslog too.
std::optional<int> SyslogFacility(std::string_view name);

struct LogTypeCodec {
  using Value = LogTarget;
  static Result<Value> Parse(Words words, const CodecContext& context);
  static std::string Print(const Value& value);
};

}  // namespace postern::policy
