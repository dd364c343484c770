// SPDX-License-Identifier: BSD-2-Clause
// From what was learned of a service to the lines that confine it to that.
//
// Pure: what the learner told, the group table, and whether a path exists. The strictest sandbox is
// proposed in which nothing that was learned is refused; what is refused all the same is told.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/service/confinement.h"
#include "sandbox/learn/learned.h"

namespace postern::cli {

struct Subject {
  std::string service = {};                // its id
  std::vector<std::string> programs = {};  // that are in its sandbox in any case
  bool root_user = false;
  bool relay = false;     // network = relay is written: the connection is a socket pair
  bool accepts = false;   // it accepts connections itself (wait = yes, stream)
  bool has_root = false;  // a root directory of its own is written
};

// One word of `syscalls`: a call, or a group that stands for those of its calls that were seen.
struct ProposedWord {
  std::string word;
  std::vector<std::uint32_t> seen;
  std::size_t members = 1;
};

struct RefusedUse {
  std::uint32_t call = 0;
  sandbox::CallArguments arguments{};
  std::uint64_t count = 0;
};

struct ProposedLimit {
  std::string attribute, value;
  std::string measured;
  bool as_comment = false;  // right for what was measured, and easily wrong for a busy day
};

struct Proposal {
  policy::SandboxProfile sandbox = policy::SandboxProfile::kStrict;
  policy::NetworkAccess network = policy::NetworkAccess::kInherited;
  std::optional<std::vector<std::uint16_t>> connect_to;
  std::vector<ProposedWord> words;
  std::vector<std::string> reasons;  // for the sandbox and the network, a line each
  std::vector<RefusedUse> refused;   // with what is proposed
  std::vector<std::string> read_only, read_write;
  std::vector<std::string> unproposed;  // paths that a person has to decide about, with the reason
  std::vector<ProposedLimit> limits;
};

using Exists = std::function<bool(const std::string& path)>;
Proposal Propose(const sandbox::Learned& learned, const Subject& subject, const Exists& exists);

// The parts of it.
void ProposeCalls(const sandbox::Learned& learned, const Subject& subject, Proposal& proposal);
void ProposeFiles(const sandbox::Learned& learned, const Subject& subject, const Exists& exists,
                  Proposal& proposal);
void ProposeLimits(const sandbox::Learned& learned, Proposal& proposal);

// Lines of a service in xinetd.conf, each call with a comment that says how often and by whom.
std::string ProposalText(const Proposal& proposal, const sandbox::Learned& learned,
                         const Subject& subject);

}  // namespace postern::cli
