// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/access/option_program.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "policy/base/text.h"
#include "policy/hosts/percent_expand.h"
#include "sandbox/sys/files.h"
#include "wrapper/access/banner.h"

namespace postern::wrapper {
namespace {

namespace option = policy::hosts::option;
namespace sys = sandbox::sys;
using policy::hosts::Expansion;
using policy::hosts::Fact;
using policy::hosts::Need;
using policy::hosts::Needed;
using policy::hosts::OptionProgram;
using policy::hosts::Request;

constexpr std::string_view kBlanks = " \t\r\n";

std::unexpected<std::string> Refuse(std::string why) { return std::unexpected(std::move(why)); }

constexpr const char* kTooLong = "percent_x: expansion too long";

}  // namespace

void Fetch(const Need& need, Request& request, FactSource& facts, RuleLog& log) {
  facts.Supply(need, request, log);
  const auto settle = [](Fact& fact) {
    if (!fact.asked()) fact = Fact::Unknown();
  };
  switch (need.what) {
    case Needed::kClientName:
      return settle(request.client.name);
    case Needed::kServerName:
      return settle(request.server.name);
    case Needed::kUser:
      return settle(request.user);
    case Needed::kNetgroup:
      request.netgroups.try_emplace({need.group, need.host}, false);
      return;
  }
}

struct OptionProgramRun::Actor {
  OptionProgramRun& run;
  OptionRunner& options() const { return run.parts_.options; }
  RuleLog& log() const { return run.parts_.log; }

  Outcome operator()(const option::SetSeverity& o) const {
    const auto facility = static_cast<unsigned>(o.facility.value_or(0));
    const int priority = static_cast<int>(facility | static_cast<unsigned>(o.level));
    run.parts_.settings.allow_severity = run.parts_.settings.deny_severity = priority;
    return {};
  }
  Outcome operator()(const option::Spawn& o) const {
    const auto command = run.ExpandValue(o.command);
    if (!command) return Refuse(kTooLong);
    options().Spawn(*command, log());
    return {};
  }
  Outcome operator()(const option::Aclexec& o) const {
    const auto command = run.ExpandValue(o.command);
    if (!command) return Refuse(kTooLong);
    run.unmatched_ = !options().Aclexec(*command, log());
    return {};
  }
  Outcome operator()(const option::Keepalive&) const {
    options().Keepalive(log());
    return {};
  }
  Outcome operator()(const option::Linger& o) const {
    options().Linger(o.seconds, log());
    return {};
  }
  Outcome operator()(const option::Rfc931& o) const {
    if (o.timeout) run.parts_.settings.ident_deadline = std::chrono::seconds(*o.timeout);
    if (!run.request_.user.asked()) {
      Fetch({.what = Needed::kUser, .group = {}, .host = {}}, run.request_, run.parts_.facts,
            log());
    }
    return {};
  }
  Outcome operator()(const option::Banners& o) const { return run.SendBanner(o.directory); }
  Outcome operator()(const option::Nice& o) const {
    options().Nice(o.increment, log());
    return {};
  }
  Outcome operator()(const option::Setenv& o) const {
    const auto value = run.ExpandValue(o.name_and_value);
    if (!value) return Refuse(kTooLong);
    const auto end = std::min(value->find_first_of(kBlanks), value->size());
    const std::string name(policy::Trimmed(value->substr(0, end)));
    // setenv(3) refuses such a name, and tcp_wrappers takes every failure for want of memory.
    if (name.empty() || name.contains('=')) return Refuse("memory allocation failure");
    return options().Setenv(name,
                            std::string(policy::Trimmed(std::string_view(*value).substr(end))));
  }
  Outcome operator()(const option::Umask& o) const {
    options().Umask(o.mask);
    return {};
  }
  Outcome operator()(const option::RunAs& o) const { return options().RunAs(o.user, o.group); }
};

ProgramEnd OptionProgramRun::Run(const OptionProgram& program) {
  for (const policy::hosts::OptionAction& action : program.actions) {
    LogOption(policy::hosts::OptionText(action));
    if (auto done = std::visit(Actor{*this}, action); !done) {
      return Failed(std::move(done).error());
    }
  }
  switch (program.end) {
    case OptionProgram::End::kError:
      return Failed(program.error ? program.error->message : "bad option");
    case OptionProgram::End::kTwist:
      return Twist(program.twist_command);
    case OptionProgram::End::kAllow:
    case OptionProgram::End::kDeny:
      LogOption(program.end == OptionProgram::End::kAllow ? "allow" : "deny");
      return {.end = program.end, .unmatched = false, .why = {}, .twist_command = {}};
    case OptionProgram::End::kTable:
      break;
  }
  if (unmatched_) parts_.log.Write(kLogInfo, "aclexec returned 1");
  return {.end = program.end, .unmatched = unmatched_, .why = {}, .twist_command = {}};
}

ProgramEnd OptionProgramRun::Failed(std::string why) {
  parts_.log.Error(why);
  return {.end = OptionProgram::End::kError,
          .unmatched = false,
          .why = std::move(why),
          .twist_command = {}};
}

ProgramEnd OptionProgramRun::Twist(const std::string& command) {
  const auto expanded = ExpandValue(command);
  if (!expanded) return Failed(kTooLong);
  LogOption("twist " + *expanded);
  if (!parts_.may_twist) return Failed("twist option in resident process");
  if (parts_.options.acts()) {
    parts_.log.Write(parts_.settings.deny_severity,
                     "twist " + policy::hosts::ClientInfo(request_) + " to " + *expanded);
  }
  return {
      .end = OptionProgram::End::kTwist, .unmatched = false, .why = {}, .twist_command = *expanded};
}

std::optional<std::string> OptionProgramRun::Expand(std::string_view text) {
  // Each round learns one fact, and no fact is asked for twice.
  for (;;) {
    auto result = policy::hosts::PercentExpand(text, request_, parts_.process_id);
    if (const Need* need = std::get_if<Need>(&result)) {
      Fetch(*need, request_, parts_.facts, parts_.log);
    } else if (auto* expansion = std::get_if<Expansion>(&result)) {
      for (const char letter : expansion->unrecognized) {
        parts_.log.Warn("unrecognized %" + std::string(1, letter));
      }
      return std::move(expansion->text);
    } else {
      return std::nullopt;
    }
  }
}

std::optional<std::string> OptionProgramRun::ExpandValue(std::string_view text) {
  const auto expanded = Expand(text);
  if (!expanded) return std::nullopt;
  return std::string(policy::Trimmed(*expanded));
}

OptionRunner::Outcome OptionProgramRun::SendBanner(const std::string& directory) {
  if (!parts_.options.WantsBanners()) return {};
  const auto content = sys::ReadFile(directory + "/" + request_.daemon.text(), kMaxBannerFile);
  if (!content) {
    if (const auto there = sys::Inspect(directory); !there) {
      parts_.log.Warn(directory + ": " + sys::ErrnoMessage(there.error().number));
    } else if (content.error().number != ENOENT) {
      parts_.log.Warn(content.error().object + ": " + sys::ErrnoMessage(content.error().number));
    }
    return {};
  }
  const auto banner =
      RenderBanner(*content, [this](std::string_view line) { return Expand(line); });
  if (!banner) return Refuse(kTooLong);
  parts_.options.SendBanner(*banner, parts_.log);
  return {};
}

void OptionProgramRun::LogOption(std::string_view text) {
  if (parts_.verbose > 0) parts_.log.Write(kLogDebug, "option:   " + std::string(text));
}

}  // namespace postern::wrapper
