// SPDX-License-Identifier: BSD-2-Clause
// What becomes of an arrival, and what was found out about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/decision/verdict.h"
#include "policy/hosts/request.h"
#include "policy/service/service_spec.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

// Which program an admitted connection is given to.
enum class Way : std::uint8_t {
  kWritten,    // the one the configuration names
  kGate,       // postern-gate, which may become that one
  kUnwrapped,  // the one behind tcpd (policy::Wrapped): what tcpd would find out is known
  kAsks,       // to none yet: `needs` has to be found out, and Judge() be asked again
};

struct Admitted {
  Way way = Way::kWritten;
  int priority = 0;  // kUnwrapped: of the line in syslog that tcpd would write
  policy::hosts::Needed needs = policy::hosts::Needed::kClientName;  // kAsks
};

// Only IPv4 has them; when the kernel does not say, there may be some.
bool HasIpOptions(const sandbox::sys::UniqueFd& connection);

// Whether tcpd would be started, which asks the kernel who is calling: a proxy, or one of our own
// helpers, where one of these has the client.
inline constexpr char kBlindTcpd[] = "tcpd would not see the client";
bool IsBlindTcpd(const policy::ServiceSpec& spec, const Admitted& admitted);

// What was found out about one arrival. A fact that was asked for in vain is unavailable.
struct Findings {
  policy::hosts::Fact client_name = policy::hosts::Fact::NotAsked();
  policy::hosts::Fact server_name = policy::hosts::Fact::NotAsked();
  policy::hosts::Fact user = policy::hosts::Fact::NotAsked();
};

// A policy::Deny, and for DenyReason::kLibwrap what the access files have to do with it.
struct Refusal : policy::Deny {
  std::string hosts_rule = {};       // "/etc/hosts.deny:3 (rule)"
  std::string hosts_name = {};       // the daemon name that was asked about
  bool acts = false;                 // options of the rule have something to do all the same
  std::optional<int> priority = {};  // of the line in syslog that tcpd would write; nullopt: none
  std::string proxy_fault = {};      // kProxy: what is wrong with the header, or who sent it
  std::string client = {};           // for that line: "user@name"
};

}  // namespace postern::daemon
