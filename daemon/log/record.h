// SPDX-License-Identifier: BSD-2-Clause
// The records of a service log, in the exact words of xinetd.log(5).
//
//   START: ID [pid=N] [from=A]
//   EXIT: ID [status=N|signal=N] [pid=N] [duration=N(sec)]
//   FAIL: ID REASON [from=A]
//   TRAFFIC: ID in=N(bytes) out=N(bytes)
//   USERID: ID SYSTEM : USER from=A [pid=N]
//   NOID: ID A REASON
//
// log_on_success and log_on_failure decide which records appear and which fields they have. Pure:
// no clock, no I/O. Formatting is on the refusal path: it appends to the caller's string and
// allocates nothing of its own for an IPv4 peer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/address/ip_address.h"
#include "policy/service/service_spec.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

// nullopt prints as xinetd's "<no address>": a wait service, or a client on a unix socket.
using LoggedAddress = std::optional<policy::IpAddress>;

struct StartRecord {
  std::string_view id;
  int pid = 0;  // 0: served without a process of its own
  LoggedAddress from;
};

struct ExitRecord {
  std::string_view id;
  sandbox::sys::Exit how;  // neither set: no status is known, and none is printed
  int pid = 0;
  std::chrono::seconds duration{0};
};

struct FailRecord {
  std::string_view id;
  std::string_view reason;  // "service_limit", "address", …
  LoggedAddress from;
};

struct TrafficRecord {
  std::string_view id;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

// What an ident server said of a client: whatever it liked to. An equals sign in it is escaped as
// well, so that no "from=" of the client's own can be read for ours.
struct UserRecord {
  std::string_view id;
  std::string_view system;
  std::string_view user;
  LoggedAddress from;
  int pid = 0;  // 0: refused, or served without a process of its own
};

// A client without a user, refused for flag IDONLY.
struct NoUserRecord {
  std::string_view id;
  LoggedAddress from;
  std::string_view reason;  // "no server", "timeout", …
};

// Appends the record, without a line end, to `out`. False, and nothing appended, when the flags ask
// for no such record.
bool Format(const StartRecord& record, const policy::LogOnSuccess& flags, std::string& out);
bool Format(const ExitRecord& record, const policy::LogOnSuccess& flags, std::string& out);
bool Format(const FailRecord& record, const policy::LogOnFailure& flags, std::string& out);
bool Format(const TrafficRecord& record, const policy::LogOnSuccess& flags, std::string& out);
bool Format(const UserRecord& record, const policy::LogOnSuccess& flags, std::string& out);
bool Format(const UserRecord& record, const policy::LogOnFailure& flags, std::string& out);
bool Format(const NoUserRecord& record, const policy::LogOnFailure& flags, std::string& out);

}  // namespace postern::daemon
