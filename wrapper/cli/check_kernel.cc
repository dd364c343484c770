// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/cli/check_kernel.h"

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "policy/service/codec_names.h"
#include "policy/service/profile_defaults.h"
#include "policy/service/scalar_codecs.h"
#include "wrapper/cli/confinement_report.h"

namespace postern::cli {
namespace {

using policy::NamespaceSet;
using policy::NetworkAccess;
using policy::ProfileDefaults;
using policy::SandboxProfile;
using sandbox::MachineReport;
using sandbox::Protection;
using sandbox::Standing;

constexpr SandboxProfile kProfiles[] = {SandboxProfile::kBaseline, SandboxProfile::kStandard,
                                        SandboxProfile::kStrict};

// What becomes of a program whose service asks for what is missing; sandbox/confine/enter.h.
enum class Without : std::uint8_t { kRefused, kUnlessWarned, kUnlessAbsent, kIfAbsent };

struct WithoutText {
  const char* word;  // in JSON
  const char* text;
};
WithoutText TextOf(Without without) {
  switch (without) {
    case Without::kRefused:
      return {"refused", "programs are refused, whatever on_missing says"};
    case Without::kUnlessWarned:
      return {"refused-unless-warn",
              "programs are refused; with on_missing = warn they start without it"};
    case Without::kUnlessAbsent:
      return {"refused-unless-absent-and-warn",
              "programs are refused; with on_missing = warn they start without it where the kernel "
              "has it not, but not where it is forbidden"};
    case Without::kIfAbsent:
      return {"starts-if-absent",
              "programs start without it where the kernel has it not, but not where it is "
              "forbidden"};
  }
  return {"refused", ""};
}

using Wants = bool (*)(const ProfileDefaults& profile, bool privileged);

bool All(const ProfileDefaults& /*profile*/, bool /*privileged*/) { return true; }
bool None(const ProfileDefaults& /*profile*/, bool /*privileged*/) { return false; }
template <bool ProfileDefaults::* member>
bool If(const ProfileDefaults& profile, bool /*privileged*/) {
  return profile.*member;
}
template <bool NamespaceSet::* kind>
bool IfSpace(const ProfileDefaults& profile, bool /*privileged*/) {
  return profile.namespaces.*kind;
}
// Without root's rights, every other kind needs this one around it.
bool UserSpace(const ProfileDefaults& profile, bool privileged) {
  return profile.namespaces.user || (!privileged && profile.namespaces != NamespaceSet{});
}
bool FreshProc(const ProfileDefaults& profile, bool /*privileged*/) {
  return profile.namespaces.mount && profile.namespaces.pid;
}
// Only TCP of who has no network of its own; what wrapper/launch/profile_of.cc asks for.
bool NoTcp(const ProfileDefaults& profile, bool /*privileged*/) {
  return profile.landlock &&
         (profile.network == NetworkAccess::kInherited || profile.network == NetworkAccess::kRelay);
}
// No attribute of its own: profile_of.cc again.
bool AboveBaseline(const ProfileDefaults& profile, bool /*privileged*/) {
  return profile.profile != SandboxProfile::kBaseline;
}

constexpr const char* kFileAttributes[] = {
    "read_only_paths", "read_write_paths", "hidden_paths", "root", "private_tmp", "private_dev"};

struct Attributes {
  const char* own = nullptr;
  bool of_files = false;  // and kFileAttributes
};

struct Row {
  Protection protection;
  const char* name;
  Wants wants;
  Without profiles;  // what becomes of those who want it for their profile
  Attributes attributes = {};
  Without asked = Without::kUnlessWarned;  // and for an attribute
};
constexpr Row kRows[] = {
    {Protection::kSeccomp, "seccomp", &All, Without::kRefused, {"syscalls"}, Without::kRefused},
    {Protection::kSeccompNotify, "seccomp-notify", &None, Without::kIfAbsent},
    {Protection::kNoNewPrivileges,
     "no-new-privileges",
     &If<&ProfileDefaults::no_new_privileges>,
     Without::kRefused,
     {"no_new_privileges"},
     Without::kRefused},
    {Protection::kUserNamespace,
     "user-namespace",
     &UserSpace,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kMountNamespace,
     "mount-namespace",
     &IfSpace<&NamespaceSet::mount>,
     Without::kUnlessWarned,
     {"namespaces", true}},
    {Protection::kPidNamespace,
     "pid-namespace",
     &IfSpace<&NamespaceSet::pid>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kNetNamespace,
     "net-namespace",
     &IfSpace<&NamespaceSet::net>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kIpcNamespace,
     "ipc-namespace",
     &IfSpace<&NamespaceSet::ipc>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kUtsNamespace,
     "uts-namespace",
     &IfSpace<&NamespaceSet::uts>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kCgroupNamespace,
     "cgroup-namespace",
     &IfSpace<&NamespaceSet::cgroup>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kTimeNamespace,
     "time-namespace",
     &IfSpace<&NamespaceSet::time>,
     Without::kUnlessWarned,
     {"namespaces"}},
    {Protection::kMountCalls,
     "mount-calls",
     &IfSpace<&NamespaceSet::mount>,
     Without::kUnlessAbsent,
     {nullptr, true},
     Without::kUnlessAbsent},
    {Protection::kHiddenProcesses, "hidden-processes", &FreshProc, Without::kUnlessAbsent},
    {Protection::kLandlockFiles, "landlock-files", &If<&ProfileDefaults::landlock>,
     Without::kUnlessAbsent},
    // The filter refuses connect(2) altogether instead; that is no way to allow some ports.
    {Protection::kLandlockTcp,
     "landlock-tcp",
     &NoTcp,
     Without::kIfAbsent,
     {"connect_to"},
     Without::kUnlessAbsent},
    {Protection::kLandlockScopes, "landlock-scopes", &If<&ProfileDefaults::landlock>,
     Without::kIfAbsent},
    {Protection::kMemoryController,
     "memory-controller",
     &None,
     Without::kUnlessWarned,
     {"memory_max"}},
    {Protection::kTasksController, "pids-controller", &None, Without::kUnlessWarned, {"tasks_max"}},
    {Protection::kCpuController, "cpu-controller", &None, Without::kUnlessWarned, {"cpu_max"}},
    {Protection::kMemoryProtection, "memory-protection",
     &If<&ProfileDefaults::lock_memory_protection>, Without::kUnlessWarned},
    {Protection::kSpeculation, "speculation-control", &AboveBaseline, Without::kIfAbsent},
    {Protection::kKeyring, "private-keyring", &If<&ProfileDefaults::private_keyring>,
     Without::kUnlessWarned},
    // posternd itself holds its processes by it.
    {Protection::kPidfd, "pidfd", &All, Without::kRefused},
    {Protection::kCloseRange, "close-range", &All, Without::kRefused},
};
constexpr bool InOrder() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].protection) != i) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(Protection::kCloseRange) + 1;
}
static_assert(InOrder());

const char* StandingText(Standing standing) {
  switch (standing) {
    case Standing::kPresent:
      return "present";
    case Standing::kMissing:
      return "missing";
    case Standing::kUntried:
      return "untried";
  }
  return "untried";
}

Json ProfilesThatWant(const Row& row, bool privileged) {
  Json names = Json::array();
  for (const SandboxProfile profile : kProfiles) {
    if (!row.wants(policy::DefaultsOf(profile), privileged)) continue;
    names.push_back(policy::EnumCodec<policy::kProfiles>::Print(profile));
  }
  return names;
}

Json AttributesThatNeed(const Row& row) {
  Json names = Json::array();
  if (row.attributes.own != nullptr) names.push_back(row.attributes.own);
  if (!row.attributes.of_files) return names;
  for (const char* name : kFileAttributes) names.push_back(name);
  return names;
}

// Root's daemon makes that namespace with the process that would have to tolerate its lack.
Without Judged(Without without, const Row& row, bool privileged) {
  return privileged && row.protection == Protection::kPidNamespace ? Without::kRefused : without;
}

Json RowJson(const sandbox::ProtectionFact& fact, bool privileged) {
  const Row& row = kRows[static_cast<std::size_t>(fact.protection)];
  const auto word = [&](const Json& who, Without without) {
    return who.empty() ? Json() : Json(TextOf(Judged(without, row, privileged)).word);
  };
  const Json profiles = ProfilesThatWant(row, privileged);
  const Json attributes = AttributesThatNeed(row);
  return {{"name", row.name},
          {"standing", StandingText(fact.standing)},
          {"detail", fact.detail},
          {"profiles", profiles},
          {"profiles_without", word(profiles, row.profiles)},
          {"attributes", attributes},
          {"attributes_without", word(attributes, row.asked)}};
}

std::string Follows(const Json& word) {
  for (const Without without :
       {Without::kRefused, Without::kUnlessWarned, Without::kUnlessAbsent, Without::kIfAbsent}) {
    if (word == TextOf(without).word) return TextOf(without).text;
  }
  return {};
}

void PrintWho(const char* relation, const Json& who, const Json& without, Output& output) {
  if (who.empty()) return;
  std::string names;
  for (const Json& name : who) names += (names.empty() ? "" : ", ") + Text(name);
  output.Line("         " + std::string(relation) + " " + names + ": " + Follows(without));
}

void PrintRow(const Json& row, Output& output) {
  const std::string detail = Text(row["detail"]);
  output.Line(Text(row["standing"]) + "  " + Text(row["name"]) +
              (detail.empty() ? "" : ": " + detail));
  if (row["standing"] == "present") return;
  PrintWho("wanted by", row["profiles"], row["profiles_without"], output);
  PrintWho("needed for", row["attributes"], row["attributes_without"], output);
  if (row["profiles"].empty() && row["attributes"].empty()) {
    output.Line("         no profile and no attribute asks for it");
  }
}

}  // namespace

Json KernelJson(const MachineReport& machine) {
  Json answer = {{"kernel", machine.kernel}, {"privileged", machine.privileged}};
  answer["security_modules"] = machine.security_modules ? Json(*machine.security_modules) : Json();
  Json rows = Json::array();
  bool complete = true;
  for (const sandbox::ProtectionFact& fact : machine.protections) {
    rows.push_back(RowJson(fact, machine.privileged));
    complete &= fact.standing == Standing::kPresent || rows.back()["profiles"].empty();
  }
  answer["complete"] = complete;
  answer["protections"] = std::move(rows);
  return answer;
}

void PrintKernel(const Json& answer, Output& output) {
  output.Line("kernel " + Text(answer["kernel"]) + ", asked as " +
              (answer["privileged"] == true ? "root" : "a user without rights"));
  const Json& modules = answer["security_modules"];
  output.Line("security modules: " + (modules.is_null() ? "not to be read" : Text(modules)));
  for (const Json& row : answer["protections"]) PrintRow(row, output);
  output.Line(answer["complete"] == true ? "everything that the profiles want is there"
                                         : "not everything that the profiles want is there");
}

int CheckKernel(bool json, Output& output) {
  const Json answer = KernelJson(sandbox::ProbeMachine());
  if (json) {
    PrintJson(output, answer);
  } else {
    PrintKernel(answer, output);
  }
  return answer["complete"] == true ? kClean : kFindings;
}

}  // namespace postern::cli
