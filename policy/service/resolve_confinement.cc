// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/resolve_confinement.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "policy/service/attributes.h"
#include "policy/service/codec_names.h"
#include "policy/service/list_codecs.h"
#include "policy/service/profile_defaults.h"

namespace postern::policy {
namespace {

constexpr std::array kAttributeNames = std::to_array<std::string_view>(
    {"sandbox",          "syscalls",          "syscall_action", "namespaces",  "read_only_paths",
     "read_write_paths", "hidden_paths",      "root",           "private_tmp", "private_dev",
     "capabilities",     "no_new_privileges", "network",        "connect_to",  "isolation",
     "zygote",           "on_missing",        "memory_max",     "tasks_max",   "cpu_max",
     "oom_score_adj",    "max_lifetime",      "idle_timeout"});

const std::vector<const Attribute*>& Rows() {
  static const std::vector<const Attribute*> rows = [] {
    std::vector<const Attribute*> found;
    for (const std::string_view name : kAttributeNames) found.push_back(FindAttribute(name));
    return found;
  }();
  return rows;
}

template <typename Codec, typename List>
List Applied(const Setting<Edit<List>>& setting, List profile) {
  if (!setting) return profile;
  List list = setting->replaced ? *setting->replaced : std::move(profile);
  Codec::Add(list, setting->added);
  Codec::Remove(list, setting->removed);
  return list;
}

template <typename T>
T Or(const Setting<T>& setting, T otherwise) {
  return setting ? *setting : std::move(otherwise);
}

Strings SortedOnce(Strings words) {
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  return words;
}

// What a profile has for want of a word, an explicit wish for its opposite takes away: who may
// connect is not put into a network namespace that leads nowhere, and without a mount namespace
// there is no view of the file system to be had by default.
ProfileDefaults Fitting(const Settings& settings) {
  ProfileDefaults defaults = DefaultsOf(Or(settings.sandbox, SandboxProfile::kStandard));
  if (settings.network && NeedsNetworkOfHost(*settings.network)) defaults.namespaces.net = false;
  const bool mount =
      Applied<FlagsCodec<NamespaceSet, kNamespaces>>(settings.namespaces, defaults.namespaces)
          .mount;
  if (!mount) {
    defaults.read_only_system = defaults.minimal_root = false;
    defaults.private_tmp = defaults.private_dev = false;
  }
  if (settings.root) defaults.minimal_root = false;
  return defaults;
}

void ResolveFiles(const Settings& settings, const ProfileDefaults& defaults, Confinement& out) {
  out.read_only_system = defaults.read_only_system;
  out.minimal_root = defaults.minimal_root;
  out.root = Or(settings.root, std::string());
  out.read_only_paths = Or(settings.read_only_paths, Strings());
  out.read_write_paths = Or(settings.read_write_paths, Strings());
  out.hidden_paths = Or(settings.hidden_paths, Strings());
  out.private_tmp = Or(settings.private_tmp, defaults.private_tmp);
  out.private_dev = Or(settings.private_dev, defaults.private_dev);
}

// root holds what it could gain. Anybody else gains by setuid programs only, where those work.
void ResolvePrivileges(const Settings& settings, const ProfileDefaults& defaults, bool root,
                       Confinement& out) {
  out.no_new_privileges = Or(settings.no_new_privileges, defaults.no_new_privileges);
  const Strings most(defaults.capabilities.begin(), defaults.capabilities.end());
  out.capabilities =
      SortedOnce(Applied<CapabilityListCodec>(settings.capabilities, root ? most : Strings()));
  out.bounding = out.capabilities;
  if (root || out.no_new_privileges) return;
  CapabilityListCodec::Add(out.bounding, most);
  out.bounding = SortedOnce(std::move(out.bounding));
}

void ResolveLimits(const Settings& settings, Confinement& out) {
  out.memory_max = Or(settings.memory_max, Limit());
  out.tasks_max = Or(settings.tasks_max, Limit());
  out.cpu_max = Or(settings.cpu_max, Limit());
  out.max_lifetime = Or(settings.max_lifetime, Limit());
  out.idle_timeout = Or(settings.idle_timeout, Limit());
  if (settings.oom_score_adj) out.oom_score_adjustment = *settings.oom_score_adj;
}

}  // namespace

Confinement ResolveConfinement(const Settings& settings, bool runs_as_root) {
  const ProfileDefaults defaults = Fitting(settings);
  Confinement out;
  out.profile = defaults.profile;
  out.syscalls = Or(settings.syscalls, SyscallEdit());
  out.syscall_action = Or(settings.syscall_action, SyscallAction::kKill);
  out.namespaces =
      Applied<FlagsCodec<NamespaceSet, kNamespaces>>(settings.namespaces, defaults.namespaces);
  ResolveFiles(settings, defaults, out);
  ResolvePrivileges(settings, defaults, runs_as_root, out);
  out.landlock = defaults.landlock;
  out.lock_memory_protection = defaults.lock_memory_protection;
  out.private_keyring = defaults.private_keyring;
  out.network = Or(settings.network, defaults.network);
  if (settings.connect_to) out.connect_to = *settings.connect_to;
  out.isolation = Or(settings.isolation, Isolation::kZygote);
  out.zygote = Or(settings.zygote, ZygoteStart::kLazy);
  out.on_missing = Or(settings.on_missing, OnMissing::kRefuse);
  ResolveLimits(settings, out);
  for (const Attribute* row : Rows()) {
    const Assignment* const from = row->field.from(settings);
    if (from != nullptr) out.written.push_back({row->name, from->place.where});
  }
  return out;
}

std::span<const std::string_view> ConfinementAttributes() { return kAttributeNames; }

}  // namespace postern::policy
