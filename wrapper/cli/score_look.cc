// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/score_look.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <utility>

#include "sandbox/filter/reach.h"
#include "sandbox/inspect/read_filters.h"
#include "sandbox/sys/process.h"
#include "sandbox/zygote/start_zygote.h"
#include "wrapper/launch/helper_path.h"

namespace postern::cli {
namespace {

namespace sys = sandbox::sys;
using policy::exposure::Calls;
using policy::exposure::Facts;
using policy::exposure::Origin;
using policy::exposure::Sight;
using sandbox::Namespace;
using sandbox::ProcessFolder;

// What takes a moment on an idle machine.
constexpr std::chrono::seconds kSealPatience(30), kStopPatience(5);

template <typename T>
std::expected<T, std::string> OrText(sys::Result<T> result) {
  if (!result) return std::unexpected(result.error().ToString());
  return std::move(*result);
}

void CopyReach(const sandbox::filter::Reach& reach, Calls& calls) {
  calls.foreign = reach.foreign;
  calls.internet = reach.internet;
  calls.listening = reach.listening;
  calls.packets = reach.packets;
  calls.netlink = reach.netlink;
  calls.local = reach.local;
  calls.other_families = reach.other_families;
  calls.new_user_namespace = reach.new_user_namespace;
  calls.new_namespaces = reach.new_namespaces;
  calls.write_and_execute = reach.write_and_execute;
  calls.setuid_files = reach.setuid_files;
  calls.personality = reach.personality;
  calls.terminals = reach.terminals;
  calls.groups.emplace();
  for (const sandbox::filter::ReachedGroup& group : reach.groups) {
    calls.groups->push_back({std::string(group.name), group.passing});
  }
}

// Filters that cannot be read are taken from the plan; without one, nothing is known to be refused.
Calls CallsOf(const ProcessFolder& process, const sandbox::ProcessStatus& status,
              const sandbox::Profile* planned) {
  Calls calls;
  if (status.seccomp_filters == 0) return calls;
  const auto filters = sandbox::ReadFilters(process.pid(), sys::Deadline(kStopPatience));
  if (filters) {
    CopyReach(sandbox::filter::ReachUnder(*filters), calls);
  } else if (planned != nullptr) {
    calls.origin = Origin::kPlanned;
    CopyReach(sandbox::filter::ReachUnder({planned->filter}), calls);
  } else {
    calls.origin = Origin::kUnknown;
  }
  return calls;
}

std::vector<std::string> NamesOf(sandbox::CapabilityMask mask) {
  std::istringstream text(sandbox::CapabilityNames(mask));
  std::vector<std::string> names;
  for (std::string name; text >> name;) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

void CopyStatus(const sandbox::ProcessStatus& status, Facts& facts) {
  facts.uid = status.uids.front();
  facts.groups = status.groups.size() -
                 static_cast<std::size_t>(std::ranges::count(status.groups, status.gids.front()));
  const sandbox::CapabilitySets& sets = status.capabilities;
  facts.capabilities = NamesOf(sets.bounding | sets.permitted | sets.inheritable | sets.ambient);
  facts.no_new_privileges = status.no_new_privileges;
  facts.open_to_speculation = status.open_to_speculation;
}

policy::NamespaceSet OwnOf(const sandbox::NamespaceIds& ids, const sandbox::NamespaceIds& others) {
  const auto own = [&](Namespace kind) { return ids.of(kind) != others.of(kind); };
  return {.user = own(Namespace::kUser),
          .mount = own(Namespace::kMount),
          .pid = own(Namespace::kPid),
          .net = own(Namespace::kNet),
          .ipc = own(Namespace::kIpc),
          .uts = own(Namespace::kUts),
          .cgroup = own(Namespace::kCgroup),
          .time = own(Namespace::kTime)};
}

// The view of the file system, against the host's.
class View {
 public:
  View(const sys::UniqueFd& root, const sys::UniqueFd& host) : root_(root), host_(host) {}

  Sight Worst(std::initializer_list<const char*> paths) {
    Sight worst = Sight::kHidden;
    for (const char* path : paths) {
      const sandbox::FileSight sight = At(path);
      if (!sight.present || !sight.same) continue;
      worst = std::max(worst, sight.writable ? Sight::kWritable : Sight::kReadOnly);
    }
    return worst;
  }
  bool Shares(std::initializer_list<const char*> paths) { return Worst(paths) != Sight::kHidden; }
  // Whosever mount it is: what is written there goes to the one kernel.
  bool Writes(std::initializer_list<const char*> paths) {
    return std::ranges::any_of(paths, [this](const char* path) {
      const sandbox::FileSight sight = At(path);
      return sight.present && sight.writable;
    });
  }
  const std::optional<sys::Error>& error() const { return error_; }

 private:
  sandbox::FileSight At(const char* path) {
    const auto sight = sandbox::LookAt(root_, host_, path);
    if (!sight) error_ = sight.error();
    return sight.value_or(sandbox::FileSight{});
  }

  const sys::UniqueFd& root_;
  const sys::UniqueFd& host_;
  std::optional<sys::Error> error_;
};

std::expected<void, std::string> LookAtFiles(View view, Facts& facts) {
  facts.system = view.Worst({"usr", "etc", "boot", "bin", "sbin", "lib"});
  facts.homes = view.Worst({"home", "root"});
  facts.shared_tmp = view.Shares({"tmp", "var/tmp"});
  facts.shared_devices = view.Shares({"dev"});
  facts.kernel_settings = view.Writes({"proc/sys", "sys"});
  facts.cgroup_files =
      view.Writes({"sys/fs/cgroup", "sys/fs/cgroup/unified", "sys/fs/cgroup/memory"});
  if (view.error()) return std::unexpected(view.error()->ToString());
  return {};
}

constexpr std::size_t kMostEnding = 32;  // a descriptor each, and all that is left of a sandbox

}  // namespace

Looker::Endings::~Endings() {
  for (sandbox::Helper& zygote : killed_) sandbox::EndZygote(zygote);
}

void Looker::Endings::Add(sandbox::Helper zygote) {
  sys::IgnoreError(sys::SignalPidfd(zygote.pidfd, SIGKILL), "it may be dead already");
  zygote.channel.Reset();
  killed_.push_back(std::move(zygote));
  if (killed_.size() <= kMostEnding) return;
  sandbox::EndZygote(killed_.front());
  killed_.pop_front();
}

std::expected<Looker, std::string> Looker::Make(const RunningDaemon& running) {
  TRY(Folder process, OrText(Folder::Open(running.pid.value_or(sys::OwnPid()))));
  TRY(sandbox::ProcessStatus status, OrText(process.Status()));
  TRY(const sandbox::NamespaceIds namespaces, OrText(process.Namespaces()));
  TRY(sys::UniqueFd root, OrText(process.Root()));
  return Looker(Base{running.pid.has_value(), std::move(process), std::move(status), namespaces,
                     std::move(root)});
}

Looker::FactsOrWhy Looker::FactsOf(const Folder& process, const sandbox::ProcessStatus& status,
                                   const sandbox::Profile* planned) const {
  Facts facts;
  CopyStatus(status, facts);
  TRY(const sandbox::NamespaceIds namespaces, OrText(process.Namespaces()));
  facts.own_namespaces = OwnOf(namespaces, base_.namespaces);
  TRY(const sys::UniqueFd root, OrText(process.Root()));
  TRY_STATUS(LookAtFiles(View(root, base_.root), facts));
  TRY(facts.oom_score_adjustment, OrText(process.OomScoreAdjustment()));
  TRY(const std::uint64_t core, OrText(process.CoreLimit()));
  facts.core_files = core != 0;
  facts.calls = CallsOf(process, status, planned);
  // Last: the number belonged to the same process all the time.
  TRY_STATUS(OrText(process.Status()));
  return facts;
}

std::shared_ptr<const sandbox::Profile> Looker::Planned(const policy::ServiceSpec& spec,
                                                        std::string* why) const {
  if (!spec.confinement) return nullptr;
  const auto profile =
      wrapper::ProfileOf(spec, *wrapper::MakeLaunchPlan(spec, inherited_), machine_);
  if (profile) return *profile;
  if (why != nullptr) *why = profile.error();
  return nullptr;
}

std::expected<Look, std::string> Looker::AtZygote(const RunningDaemon::Zygote& zygote,
                                                  const policy::ServiceSpec* spec) const {
  TRY(const Folder process, OrText(Folder::Open(zygote.pid)));
  TRY(const sandbox::ProcessStatus status,
      OrText(sandbox::AwaitFilter(process, base_.status.seccomp_filters,
                                  sys::Deadline(kSealPatience))));
  const auto planned = spec == nullptr ? nullptr : Planned(*spec, nullptr);
  TRY(Facts facts, FactsOf(process, status, planned.get()));
  for (const pid_t pid : zygote.instances) {
    const auto instance = Folder::Open(pid);
    const auto seen = instance ? instance->Status() : std::unexpected(instance.error());
    if (seen && seen->umask) facts.umask = seen->umask;
  }
  return Look{std::move(facts), LookedAt::kZygote, zygote.pid, {}};
}

std::expected<Look, std::string> Looker::AtOwnZygote(const policy::ServiceSpec& spec) const {
  std::string why;
  const auto planned = Planned(spec, &why);
  if (!planned) return std::unexpected("its sandbox cannot be described: " + why);
  sandbox::Profile profile = *planned;
  profile.cgroup = {};  // the group is the live service's
  profile.once = false;
  TRY(sandbox::Helper zygote,
      OrText(sandbox::StartZygote(wrapper::HelperPath("postern-zygote"), profile)));
  auto look = AtSealed(zygote, profile);
  endings_->Add(std::move(zygote));
  return look;
}

std::expected<Look, std::string> Looker::AtSealed(const sandbox::Helper& zygote,
                                                  const sandbox::Profile& profile) const {
  TRY(const std::string warnings, sandbox::AwaitSealed(zygote, sys::Deadline(kSealPatience)));
  TRY(const Folder process, OrText(Folder::Open(zygote.pid)));
  TRY(const sandbox::ProcessStatus status, OrText(process.Status()));
  TRY(Facts facts, FactsOf(process, status, &profile));
  facts.umask = profile.programs.front().umask;
  facts.umask_origin = Origin::kPlanned;
  return Look{std::move(facts), LookedAt::kOwnZygote, zygote.pid,
              warnings.empty() ? "" : "weaker than asked for: " + warnings};
}

std::expected<Look, std::string> Looker::AtUnconfined(const policy::ServiceSpec& spec) const {
  TRY(Facts facts, FactsOf(base_.process, base_.status, nullptr));
  const auto parts = wrapper::MakeLaunchPlan(spec, inherited_)->parts();
  facts.user = facts.umask_origin = Origin::kPlanned;
  facts.uid = parts.uid;
  facts.groups =
      parts.groups.size() - static_cast<std::size_t>(std::ranges::count(parts.groups, parts.gid));
  facts.capabilities = NamesOf(base_.status.capabilities.bounding);
  facts.umask = parts.umask;
  for (const sandbox::PlannedLimit& limit : parts.limits) {
    if (limit.resource == sys::kLimitCore) facts.core_files = limit.value != 0;
  }
  return Look{std::move(facts),
              base_.is_daemon ? LookedAt::kDaemon : LookedAt::kSelf,
              base_.process.pid(),
              {}};
}

}  // namespace postern::cli
