// SPDX-License-Identifier: BSD-2-Clause
// Which sandbox, which network and which calls: part of proposal.h.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/filter.h"
#include "sandbox/filter/groups.h"
#include "sandbox/filter/learning_filters.h"
#include "wrapper/cli/proposal.h"

namespace postern::cli {

namespace filter = sandbox::filter;
using policy::NetworkAccess;
using policy::SandboxProfile;
using sandbox::Learned;

namespace {

// Numbers of <sys/socket.h>, which is not for tools: they are in what the kernel told.
constexpr std::uint64_t kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16;
constexpr std::uint64_t kTypeMask = 0xf, kStream = 1, kDatagram = 2;
constexpr std::size_t kMostPorts = 16;

using Numbers = std::set<std::uint32_t>;

std::uint32_t Number(std::string_view name) { return filter::NumberOf(name).value_or(~0U); }

// Of a call that was made, and not by somebody who was killed for it.
Numbers NumbersMade(const Learned& learned) {
  Numbers numbers;
  for (const auto& [number, call] : learned.calls) {
    if (call.count > call.killed) numbers.insert(number);
  }
  return numbers;
}

bool Made(const Learned& learned, std::string_view name) {
  const auto call = learned.calls.find(Number(name));
  return call != learned.calls.end() && call->second.count > call->second.refused;
}

bool SocketsOf(const Learned& learned,
               const std::function<bool(const sandbox::CallArguments&)>& is) {
  return std::ranges::any_of(learned.arguments, [&](const auto& one) {
    return one.first.first == Number("socket") && is(one.first.second);
  });
}

bool IsInet(const sandbox::CallArguments& socket) {
  const std::uint64_t type = socket[1] & kTypeMask;
  return (socket[0] == kInet || socket[0] == kInet6) && (type == kStream || type == kDatagram);
}

// Of nscd everybody asks who looks a user up, and goes on without it.
bool IsForNames(const std::string& path) { return path.ends_with("/run/nscd/socket"); }

bool NeedsUnixSockets(const Learned& learned) {
  const bool named = std::ranges::any_of(learned.files, [](const auto& one) {
    const sandbox::LearnedFile& file = one.second;
    return (file.use & sandbox::kConnects) != 0 && file.found != sandbox::FoundAs::kNothing &&
           !IsForNames(one.first);
  });
  return named || std::ranges::any_of(learned.connections,
                                      [](const auto& one) { return one.first.family == kUnix; });
}

NetworkAccess NetworkFor(const Learned& learned, const Subject& subject) {
  const bool other = SocketsOf(learned, [](const auto& socket) {
    return socket[0] != kUnix && socket[0] != kNetlink && !IsInet(socket);
  });
  if (other) return NetworkAccess::kHost;
  if (!SocketsOf(learned, IsInet)) {
    return subject.relay ? NetworkAccess::kRelay : NetworkAccess::kInherited;
  }
  const bool serves = Made(learned, "bind") || Made(learned, "listen");
  return serves ? NetworkAccess::kServer : NetworkAccess::kClient;
}

sandbox::Network KernelNetwork(NetworkAccess network) {
  switch (network) {
    case NetworkAccess::kInherited:
      return sandbox::Network::kInherited;
    case NetworkAccess::kRelay:
      return sandbox::Network::kRelay;
    case NetworkAccess::kClient:
      return sandbox::Network::kClient;
    case NetworkAccess::kServer:
      return sandbox::Network::kServer;
    case NetworkAccess::kHost:
      return sandbox::Network::kHost;
  }
  return sandbox::Network::kInherited;
}

// What connects to many ports connects to whatever its clients say.
std::optional<std::vector<std::uint16_t>> PortsOf(const Learned& learned) {
  std::vector<std::uint16_t> ports;
  for (const auto& [to, count] : learned.connections) {
    if ((to.family == kInet || to.family == kInet6) && to.port != 0) ports.push_back(to.port);
  }
  std::ranges::sort(ports);
  ports.erase(std::ranges::unique(ports).begin(), ports.end());
  const bool known =
      !ports.empty() && ports.size() <= kMostPorts && learned.connections_left_out == 0;
  return known ? std::optional(std::move(ports)) : std::nullopt;
}

// These are refused unless they come with their group: their arguments are in memory, and to name
// them is to allow them unseen.
bool IsUnjudged(std::uint32_t number) {
  return number == Number("clone3") || number == Number("openat2");
}

// A group stands for what was seen of it when that is most of it; @start always does, since what
// libc needs of it changes with its version.
bool Stands(const filter::CallGroup& group, const std::vector<std::uint32_t>& seen,
            std::size_t members) {
  if (group.name == "@start" || std::ranges::any_of(seen, IsUnjudged)) return true;
  return members > 1 && seen.size() * 4 >= members * 3;
}

std::vector<ProposedWord> WordsFor(Numbers made) {
  std::vector<ProposedWord> words;
  for (const filter::CallGroup& group : filter::GroupTable()) {
    const bool plain =
        group.kind == filter::GroupKind::kBase || group.kind == filter::GroupKind::kOptional;
    // These two overlap, and `network` says more than they do.
    if (!plain || group.name == "@local-ipc" || group.name == "@net-client") continue;
    const std::vector<std::uint32_t> members = filter::Expand(group.name);
    std::vector<std::uint32_t> seen;
    std::ranges::copy_if(members, std::back_inserter(seen),
                         [&made](std::uint32_t number) { return made.contains(number); });
    if (!Stands(group, seen, members.size())) continue;
    for (const std::uint32_t number : seen) made.erase(number);
    words.push_back({std::string(group.name), std::move(seen), members.size()});
  }
  for (const std::uint32_t number : made) {
    std::string name = filter::NameOf(number);
    if (!name.empty()) words.push_back({std::move(name), {number}, 1});
  }
  return words;
}

filter::FilterRequest RequestFor(const Proposal& proposal, const Subject& subject) {
  filter::FilterRequest request;
  request.listed.clear();
  for (const ProposedWord& word : proposal.words) request.listed.push_back(word.word);
  request.network = KernelNetwork(proposal.network);
  request.unix_sockets = proposal.sandbox != SandboxProfile::kStrict;
  request.accepts = subject.accepts;
  request.landlock_tcp = true;
  request.root_user = subject.root_user;
  request.jit = proposal.sandbox != SandboxProfile::kStrict;
  return request;
}

bool Allows(const sandbox::FilterProgram& program, std::uint32_t call,
            const sandbox::CallArguments& arguments) {
  filter::CallFacts facts{call, filter::kArchitecture, 0, arguments};
  const auto action = filter::Evaluate(program, facts);
  return action && filter::ActionText(*action) == "allow";
}

// What was let through while it was learned, and would not be with the proposal.
std::vector<RefusedUse> RefusedBy(const Proposal& proposal, const Subject& subject,
                                  const Learned& learned) {
  const auto program = filter::BuildFilter(RequestFor(proposal, subject));
  const auto plan = filter::BuildLearningPlan(/*raw_sockets=*/true);
  std::vector<RefusedUse> refused;
  if (!program || !plan) return refused;
  const auto judge = [&](std::uint32_t call, const sandbox::CallArguments& arguments,
                         std::uint64_t count) {
    if (Allows(plan->judge, call, arguments) && !Allows(*program, call, arguments)) {
      refused.push_back({call, arguments, count});
    }
  };
  for (const std::uint32_t number : NumbersMade(learned)) {
    if (!sandbox::HasKeptArguments(number)) judge(number, {}, learned.calls.at(number).count);
  }
  for (const auto& [key, count] : learned.arguments) judge(key.first, key.second, count);
  return refused;
}

// What the network attribute is there to refuse is no reason for another sandbox.
bool IsOfNetwork(const RefusedUse& use) {
  constexpr std::string_view kCalls[] = {"socket", "connect", "bind",       "listen",
                                         "accept", "accept4", "setsockopt", "socketpair"};
  return std::ranges::any_of(kCalls,
                             [&](std::string_view name) { return use.call == Number(name); });
}

void ChooseSandbox(const Learned& learned, const Subject& subject, Proposal& proposal) {
  proposal.sandbox = SandboxProfile::kStrict;
  if (subject.has_root) {
    proposal.reasons.emplace_back("standard: it has a root directory of its own");
  }
  if (NeedsUnixSockets(learned)) {
    proposal.reasons.emplace_back("standard, not strict: it uses AF_UNIX sockets");
  }
  for (const RefusedUse& use : RefusedBy(proposal, subject, learned)) {
    if (IsOfNetwork(use)) continue;
    proposal.reasons.push_back("standard, not strict: strict refuses a " +
                               filter::NameOf(use.call) + " that it makes");
  }
  if (!proposal.reasons.empty()) proposal.sandbox = SandboxProfile::kStandard;
}

}  // namespace

void ProposeCalls(const Learned& learned, const Subject& subject, Proposal& proposal) {
  proposal.words = WordsFor(NumbersMade(learned));
  proposal.network = NetworkFor(learned, subject);
  const bool connects =
      proposal.network == NetworkAccess::kClient || proposal.network == NetworkAccess::kServer;
  if (connects) proposal.connect_to = PortsOf(learned);
  ChooseSandbox(learned, subject, proposal);
  proposal.refused = RefusedBy(proposal, subject, learned);
}

}  // namespace postern::cli
