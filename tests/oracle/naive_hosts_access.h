// SPDX-License-Identifier: BSD-2-Clause
// What hosts.allow and hosts.deny must answer, computed the slow and obvious way: both texts are
// read from the start for each question, as libwrap does. Shares no code with policy/hosts.
//
// It knows two rule books: tcp_wrappers' own, which the differential test holds against the real
// libwrap, and postern's, which differs by the rows of COMPATIBILITY.md alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace postern::oracle {

struct HostsFile {
  enum class State : std::uint8_t { kFile, kMissing, kDirectory, kUnreadable };
  State state = State::kMissing;
  std::string content;
};

// Everything outside the request that a decision depends on.
struct HostsWorld {
  HostsFile allow, deny;
  std::map<std::string, HostsFile> pattern_files;                  // the others are missing
  std::set<std::pair<std::string, std::string>> netgroup_members;  // group, host in lower case
  std::set<std::string> users, groups;                             // the accounts of the system
};

// A pattern file by its path, however it is spelt.
HostsFile PatternFileAt(const HostsWorld& world, const std::string& path);

// Who asks. An empty value is unknown, but for the daemon; nothing is looked up.
struct HostsCaller {
  std::string daemon, user, client_name, client_address, server_name, server_address;
  std::optional<std::uint16_t> server_port;
};

enum class RuleBook : std::uint8_t { kTcpWrappers, kPostern };

struct HostsAnswer {
  enum class Verdict : std::uint8_t {
    kAllow,
    kDeny,
    kTwist,  // handed to the command of `twist`
    kDies,   // tcp_wrappers ends or crashes the calling process instead of answering
  };
  Verdict verdict = Verdict::kAllow;
  char table = '-';   // 'a' or 'd': where the rule is that decided
  unsigned line = 0;  // its last physical line; 0: no rule
  // Refused by an option whose fault shows only when it is performed: a user who does not exist.
  bool late_error = false;

  friend bool operator==(const HostsAnswer& left, const HostsAnswer& right) {
    return left.verdict == right.verdict && left.table == right.table && left.line == right.line;
  }
};

HostsAnswer NaiveHostsAccess(const HostsWorld& world, const HostsCaller& caller, RuleBook book);

}  // namespace postern::oracle
