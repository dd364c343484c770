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

// What a client's machine says. The equals sign as AppendEscaped() would have it.
void AppendForeign(std::string& out, std::string_view text) {
  for (;;) {
    const auto sign = text.find('=');
    AppendEscaped(out, text.substr(0, sign));
    if (sign == std::string_view::npos) return;
    out += "\\x3D";
    text.remove_prefix(sign + 1);
  }
}

void Begin(std::string& out, std::string_view kind, std::string_view id) {
  out += kind;
  AppendEscaped(out, id);
}

void AppendUser(const UserRecord& record, std::string& out) {
  Begin(out, "USERID: ", record.id);
  out += ' ';
  AppendForeign(out, record.system);
  out += " : ";
  AppendForeign(out, record.user);
  AppendFrom(out, record.from);
  if (record.pid != 0) AppendField(out, " pid=", record.pid);
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

bool Format(const UserRecord& record, const policy::LogOnSuccess& flags, std::string& out) {
  if (!flags.user_id) return false;
  AppendUser(record, out);
  return true;
}

bool Format(const UserRecord& record, const policy::LogOnFailure& flags, std::string& out) {
  if (!flags.user_id) return false;
  AppendUser(record, out);
  return true;
}

bool Format(const NoUserRecord& record, const policy::LogOnFailure& flags, std::string& out) {
  if (!flags.any()) return false;
  Begin(out, "NOID: ", record.id);
  out += ' ';
  out += record.from ? record.from->ToString() : "<no address>";
  out += ' ';
  AppendEscaped(out, record.reason);
  return true;
}

}  // namespace postern::daemon
