// SPDX-License-Identifier: BSD-2-Clause
// One access file, hosts.allow or hosts.deny, as rules in their order.
//
// Source: hosts_access(5), ACCESS CONTROL RULES. Immutable once parsed. Any bytes are a table; what
// looks wrong is in the diagnostics beside it, never in the verdict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/hosts/options.h"
#include "policy/hosts/pattern.h"

namespace postern::policy::hosts {

enum class Which : std::uint8_t { kAllow, kDeny };

// Tokens are many and those with an '@' are few, so what belongs to it is kept apart.
// daemon[@server]
struct DaemonToken {
  std::string text;                                 // as written
  std::variant<std::uint16_t, TextPattern> daemon;  // a server port, or a process name
  std::shared_ptr<const HostPattern> server;        // null: at every one
  std::uint32_t column = 0;                         // of the token in its logical line, from 1
};

// [user@]client
struct ClientToken {
  std::string text;                         // as written
  std::shared_ptr<const TextPattern> user;  // null: whoever it is
  HostPattern host;
  std::uint32_t column = 0;
};

// a b EXCEPT c d EXCEPT e: three segments. A list matches when one of its first segment matches and
// the list made of the further segments does not; `A EXCEPT B EXCEPT C` is A EXCEPT (B EXCEPT C).
// An empty first segment never matches.
template <typename Token>
using List = std::vector<std::vector<Token>>;

struct Rule {
  SourceLocation where;         // its first physical line
  std::uint32_t last_line = 0;  // the line number tcp_wrappers reports
  std::string text;             // the logical line, for `explain`
  List<DaemonToken> daemons;
  List<ClientToken> clients;
  std::shared_ptr<const OptionProgram> options;  // null: no second colon
};

// What a table holds at most: its rules, their daemons, clients, EXCEPTs and options, and the lines
// that are none. Ten times what people write; each may take some hundred bytes.
inline constexpr std::size_t kMaxTableParts = std::size_t{1} << 20U;

struct Table {
  enum class End : std::uint8_t {
    kComplete,
    kMissing,     // no such file: no rules
    kAbandoned,   // a line without its newline or too long: the rules behind it are lost
    kUnreadable,  // cannot be opened or read, is no regular file, or has too many parts
  };
  Which which = Which::kAllow;
  std::string path;
  std::vector<Rule> rules;             // those in front of the end
  std::vector<std::uint32_t> skipped;  // lines without ':', by the numbers tcp_wrappers reports
  End end = End::kComplete;
  SourceLocation end_where;  // the line, when it is one
  std::string end_reason;    // kUnreadable: why
  Diagnostics diagnostics;   // in the order of the lines
};

}  // namespace postern::policy::hosts
