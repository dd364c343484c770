// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log/record.h"

#include <charconv>

#include "daemon/log/escape.h"

namespace postern::daemon {
namespace {

template <typename Number>
void AppendNumber(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

template <typename Number>
void AppendField(std::string& out, std::string_view name, Number number) {
  out += name;
  AppendNumber(out, number);
}

void AppendFrom(std::string& out, const LoggedAddress& from) {
  out += " from=";
  if (from) {
    out += from->ToString();
  } else {
    out += "<no address>";
  }
}

void Begin(std::string& out, std::string_view kind, std::string_view id) {
  out += kind;
  AppendEscaped(out, id);
}

}  // namespace

bool Format(const StartRecord& record, const policy::LogOnSuccess& flags, std::string& out) {
  if (!flags.any()) return false;
  Begin(out, "START: ", record.id);
  if (flags.pid) AppendField(out, " pid=", record.pid);
  if (flags.host) AppendFrom(out, record.from);
  return true;
}

bool Format(const ExitRecord& record, const policy::LogOnSuccess& flags, std::string& out) {
  if (!flags.exit && !flags.duration) return false;
  Begin(out, "EXIT: ", record.id);
  if (flags.exit && record.how.status) {
    AppendField(out, " status=", *record.how.status);
  } else if (flags.exit && record.how.signal) {
    AppendField(out, " signal=", *record.how.signal);
  }
  if (flags.pid) AppendField(out, " pid=", record.pid);
  if (flags.duration) {
    AppendField(out, " duration=", record.duration.count());
    out += "(sec)";
  }
  return true;
}

bool Format(const FailRecord& record, const policy::LogOnFailure& flags, std::string& out) {
  if (!flags.any()) return false;
  Begin(out, "FAIL: ", record.id);
  out += ' ';
  AppendEscaped(out, record.reason);
  if (flags.host) AppendFrom(out, record.from);
  return true;
}

bool Format(const TrafficRecord& record, const policy::LogOnSuccess& flags, std::string& out) {
  if (!flags.traffic) return false;
  Begin(out, "TRAFFIC: ", record.id);
  AppendField(out, " in=", record.bytes_in);
  AppendField(out, "(bytes) out=", record.bytes_out);
  out += "(bytes)";
  return true;
}

}  // namespace postern::daemon
