// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/confinement_plan.h"

#include <utility>

#include "policy/service/codec_names.h"
#include "policy/service/list_codecs.h"
#include "policy/service/profile_defaults.h"
#include "policy/service/scalar_codecs.h"

namespace postern::policy {
namespace {

template <const auto& kNames>
std::string Word(auto value) {
  return EnumCodec<kNames>::Print(value);
}

std::string OrNone(std::string text) { return text.empty() ? "none" : std::move(text); }

std::string SyscallText(const Confinement& confinement) {
  const SyscallEdit& edit = confinement.syscalls;
  std::string text = edit.replaced ? OrNone(SyscallListCodec::Print(*edit.replaced))
                                   : std::string(DefaultsOf(confinement.profile).syscalls);
  if (!edit.added.empty()) text += "; and " + SyscallListCodec::Print(edit.added);
  if (!edit.removed.empty()) text += "; without " + SyscallListCodec::Print(edit.removed);
  return text;
}

class Plan {
 public:
  explicit Plan(const ServiceSpec& spec) : spec_(spec), confinement_(*spec.confinement) {}

  std::vector<PlanStep> Make() {
    Add("sandbox", Word<kProfiles>(confinement_.profile));
    if (confinement_.profile == SandboxProfile::kNone) return std::move(steps_);
    Start();
    Limits();
    Files();
    Privileges();
    Calls();
    Add("max_lifetime", CountCodec::Print(confinement_.max_lifetime));
    Add("idle_timeout", CountCodec::Print(confinement_.idle_timeout));
    return std::move(steps_);
  }

 private:
  void Add(std::string_view name, std::string value) {
    const SourceLocation* const where = confinement_.Wrote(name);
    steps_.push_back({name, std::move(value), where == nullptr ? SourceLocation{} : *where});
  }
  void AddYesNo(std::string_view name, bool value) { Add(name, Word<kYesNo>(value)); }

  void Start() {
    Add("on_missing", Word<kOnMissing>(confinement_.on_missing));
    Add("zygote", Word<kZygoteStarts>(confinement_.zygote));
    Add("isolation", Word<kIsolations>(confinement_.isolation));
    Add("namespaces",
        OrNone(FlagsCodec<NamespaceSet, kNamespaces>::Print(confinement_.namespaces)));
  }

  void Limits() {
    AddYesNo("private keyring", confinement_.private_keyring);
    if (confinement_.oom_score_adjustment) {
      Add("oom_score_adj", std::to_string(*confinement_.oom_score_adjustment));
    }
    Add("memory_max", SizeCodec::Print(confinement_.memory_max));
    Add("tasks_max", CountCodec::Print(confinement_.tasks_max));
    Add("cpu_max", CountCodec::Print(confinement_.cpu_max));
  }

  void Files() {
    Add("root", confinement_.minimal_root   ? "minimal"
                : confinement_.root.empty() ? "/"
                                            : confinement_.root);
    AddYesNo("read-only system", confinement_.read_only_system);
    Add("read_only_paths", OrNone(PathListCodec::Print(confinement_.read_only_paths)));
    Add("read_write_paths", OrNone(PathListCodec::Print(confinement_.read_write_paths)));
    Add("hidden_paths", OrNone(PathListCodec::Print(confinement_.hidden_paths)));
    AddYesNo("private_tmp", confinement_.private_tmp);
    AddYesNo("private_dev", confinement_.private_dev);
  }

  void Privileges() {
    const Credentials& user = spec_.program.credentials;
    std::string ids =
        user.user + " (uid " + std::to_string(user.uid) + ", gid " + std::to_string(user.gid);
    for (const std::uint32_t group : user.groups) ids += ", group " + std::to_string(group);
    steps_.push_back({"user", ids + ")", spec_.where});
    Add("capabilities", OrNone(CapabilityListCodec::Print(confinement_.capabilities)));
    Add("most by setuid programs", OrNone(CapabilityListCodec::Print(confinement_.bounding)));
    AddYesNo("no memory writable and executable", confinement_.lock_memory_protection);
    AddYesNo("no_new_privileges", confinement_.no_new_privileges);
    AddYesNo("landlock", confinement_.landlock);
  }

  void Calls() {
    Add("network", Word<kNetworks>(confinement_.network));
    if (confinement_.connect_to) {
      Add("connect_to", OrNone(PortListCodec::Print(*confinement_.connect_to)));
    }
    Add("syscalls", SyscallText(confinement_));
    Add("syscall_action", Word<kSyscallActions>(confinement_.syscall_action));
  }

  const ServiceSpec& spec_;
  const Confinement& confinement_;
  std::vector<PlanStep> steps_;
};

}  // namespace

std::vector<PlanStep> ConfinementPlan(const ServiceSpec& spec) {
  if (!spec.confinement) return {};
  return Plan(spec).Make();
}

}  // namespace postern::policy
