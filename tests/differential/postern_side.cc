// SPDX-License-Identifier: BSD-2-Clause
#include "tests/differential/postern_side.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "policy/hosts/percent_expand.h"
#include "wrapper/lookup/interfaces.h"

namespace postern::differential {
namespace {

namespace hosts = policy::hosts;
using oracle::HostsAnswer;
using oracle::HostsCaller;
using oracle::HostsFile;
using oracle::HostsWorld;
using Verdict = HostsAnswer::Verdict;

constexpr const char* kSpace = " \t\n\v\f\r";
constexpr std::uint32_t kProcessId = 12345;
constexpr int kMostNeeds = 1000;

hosts::SourceFile ToSource(const HostsFile& file) {
  using State = hosts::SourceFile::State;
  switch (file.state) {
    case HostsFile::State::kFile:
      return {State::kRead, file.content, ""};
    case HostsFile::State::kMissing:
      return {State::kMissing, "", ""};
    case HostsFile::State::kDirectory:
      return {State::kUnreadable, "", "not a regular file"};
    case HostsFile::State::kUnreadable:
      return {State::kUnreadable, "", "Too many links"};
  }
  return {};
}

hosts::Request Everything(const HostsCaller& caller) {
  hosts::Request request;
  request.daemon = hosts::Fact::Given(caller.daemon);
  request.user = hosts::Fact::Known(caller.user);
  request.client.name = hosts::Fact::Known(caller.client_name);
  request.client.address = hosts::Fact::Known(caller.client_address);
  request.server.name = hosts::Fact::Known(caller.server_name);
  request.server.address = hosts::Fact::Known(caller.server_address);
  request.server.port = caller.server_port;
  wrapper::AskForInterfaces(request);
  return request;
}

std::string Folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  });
  return text;
}

void Supply(const hosts::Need& need, const HostsWorld& world, const hosts::Request& all,
            hosts::Request& request) {
  switch (need.what) {
    case hosts::Needed::kClientName:
      request.client.name = all.client.name;
      break;
    case hosts::Needed::kServerName:
      request.server.name = all.server.name;
      break;
    case hosts::Needed::kUser:
      request.user = all.user;
      break;
    case hosts::Needed::kNetgroup:
      request.netgroups[{need.group, need.host}] =
          world.netgroup_members.contains({need.group, Folded(need.host)});
      break;
  }
}

// What performing the options adds to the verdict: an account that does not exist, and what only
// expansion brings to light.
class Performance {
 public:
  Performance(const HostsWorld& world, hosts::Request request)
      : world_(world), request_(std::move(request)) {}

  bool Fails(const hosts::OptionProgram& program) {
    for (const hosts::OptionAction& action : program.actions) {
      if (std::visit([this](const auto& option) { return Refused(option); }, action)) return true;
    }
    return program.end == hosts::OptionProgram::End::kTwist && !Expanded(program.twist_command);
  }

 private:
  template <typename Other>
  bool Refused(const Other&) {
    return false;
  }
  bool Refused(const hosts::option::Spawn& spawn) { return !Expanded(spawn.command); }
  bool Refused(const hosts::option::Aclexec& aclexec) { return !Expanded(aclexec.command); }
  bool Refused(const hosts::option::Setenv& setenv) {
    const auto value = Expanded(setenv.name_and_value);
    if (!value) return true;
    const std::size_t start = value->find_first_not_of(kSpace);
    if (start == std::string::npos) return true;
    return value->substr(start, value->find_first_of(" \t\r\n", start) - start).find('=') !=
           std::string::npos;
  }
  bool Refused(const hosts::option::RunAs& run_as) {
    if (!run_as.group.empty() && !world_.groups.contains(run_as.group)) return true;
    return !run_as.user.empty() && !world_.users.contains(run_as.user);
  }

  std::optional<std::string> Expanded(const std::string& text) {
    const auto expansion = hosts::PercentExpand(text, request_, kProcessId);
    const auto* done = std::get_if<hosts::Expansion>(&expansion);
    return done != nullptr ? std::optional(done->text) : std::nullopt;
  }

  const HostsWorld& world_;
  hosts::Request request_;
};

Verdict VerdictOf(const hosts::Rule* rule, bool twist, const HostsWorld& world,
                  hosts::Request request) {
  if (rule != nullptr && rule->options &&
      Performance(world, std::move(request)).Fails(*rule->options)) {
    return Verdict::kDeny;
  }
  return twist ? Verdict::kTwist : Verdict::kAllow;
}

}  // namespace

void PosternSide::Compile(const HostsWorld& world, const std::string& allow_path,
                          const std::string& deny_path) {
  world_ = &world;
  const auto read = [&](const std::string& path) {
    if (path == allow_path) return ToSource(world.allow);
    if (path == deny_path) return ToSource(world.deny);
    return ToSource(oracle::PatternFileAt(world, path));
  };
  policy_ = hosts::HostsPolicy::Compile({allow_path, deny_path}, read, wrapper::InterfacePresence);
}

HostsAnswer PosternSide::Decide(const HostsCaller& caller) {
  const hosts::Request all = Everything(caller);
  hosts::Request request = all;
  on_demand_ = !on_demand_;
  if (on_demand_) {
    request.user = request.client.name = request.server.name = hosts::Fact::NotAsked();
  }
  for (int needs = 0; needs < kMostNeeds; ++needs) {
    const hosts::Verdict verdict = Evaluate(*policy_, request);
    if (const auto* need = std::get_if<hosts::NeedFact>(&verdict)) {
      Supply(need->need, *world_, all, request);
      continue;
    }
    const auto* allow = std::get_if<hosts::Allow>(&verdict);
    const hosts::Rule* rule = allow != nullptr ? allow->rule : std::get<hosts::Deny>(verdict).rule;
    HostsAnswer answer;
    answer.verdict = allow == nullptr
                         ? Verdict::kDeny
                         : VerdictOf(rule, allow->reason == hosts::Reason::kTwist, *world_, all);
    if (rule != nullptr) {
      answer.table = rule->where.file == policy_->allow().path ? 'a' : 'd';
      answer.line = rule->last_line;
    }
    return answer;
  }
  std::abort();  // it asks again and again for what it was told
}

}  // namespace postern::differential
