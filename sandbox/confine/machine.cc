// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>

#include "sandbox/confine/landlock.h"
#include "sandbox/confine/machine_tries.h"
#include "sandbox/quiet_child.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::chrono::seconds kPatience(10);
constexpr std::size_t kMostAnswer = 4096;
constexpr const char* kModules = "/sys/kernel/security/lsm";

// What a try needs that only root has, or the owner of a user namespace.
enum class Needs : std::uint8_t { kNothing, kRights };

using Try = Tried (*)();
template <Namespace kind>
Tried TryOne() {
  return TryNamespace(kind);
}

struct Row {
  Protection protection;
  Needs needs;
  Try attempt;
};
constexpr Row kTried[] = {
    {Protection::kSeccomp, Needs::kNothing, &TrySeccomp},
    {Protection::kSeccompNotify, Needs::kNothing, &TrySeccompNotify},
    {Protection::kNoNewPrivileges, Needs::kNothing, &TryNoNewPrivileges},
    {Protection::kUserNamespace, Needs::kRights, &TryOne<Namespace::kUser>},
    {Protection::kMountNamespace, Needs::kRights, &TryOne<Namespace::kMount>},
    {Protection::kPidNamespace, Needs::kRights, &TryOne<Namespace::kPid>},
    {Protection::kNetNamespace, Needs::kRights, &TryOne<Namespace::kNet>},
    {Protection::kIpcNamespace, Needs::kRights, &TryOne<Namespace::kIpc>},
    {Protection::kUtsNamespace, Needs::kRights, &TryOne<Namespace::kUts>},
    {Protection::kCgroupNamespace, Needs::kRights, &TryOne<Namespace::kCgroup>},
    {Protection::kTimeNamespace, Needs::kRights, &TryOne<Namespace::kTime>},
    {Protection::kMountCalls, Needs::kRights, &TryMountCalls},
    {Protection::kHiddenProcesses, Needs::kRights, &TryHiddenProcesses},
};
constexpr Row kTriedLast[] = {
    {Protection::kMemoryProtection, Needs::kNothing, &TryMemoryProtection},
    {Protection::kSpeculation, Needs::kNothing, &TrySpeculation},
    {Protection::kKeyring, Needs::kNothing, &TryKeyring},
    {Protection::kPidfd, Needs::kNothing, &TryPidfd},
    {Protection::kCloseRange, Needs::kNothing, &TryCloseRange},
};

// In the child: "+WORDS", or "-ERRNO WORDS".
void Answer(const Row& row, bool own_rights, const sys::UniqueFd& answer) {
  Tried tried;
  const bool has_own = row.protection == Protection::kUserNamespace;
  if (row.needs == Needs::kRights && !own_rights && !has_own) {
    if (auto entered = LeaveNamespace(Namespace::kUser); !entered) {
      tried = std::unexpected(std::move(entered).error());
    }
  }
  if (tried) tried = row.attempt();
  const std::string text =
      tried ? "+" + *tried
            : "-" + std::to_string(tried.error().number) + " " + tried.error().ToString();
  sys::IgnoreError(sys::WriteAll(answer, text), "silence counts as missing");
}

ProtectionFact Judge(const Row& row, bool privileged) {
  const auto answer = AskQuietChild([&](const sys::UniqueFd& out) { Answer(row, privileged, out); },
                                    kPatience, kMostAnswer);
  if (!answer) return {row.protection, Standing::kMissing, answer.error().ToString()};
  if (answer->starts_with('+')) return {row.protection, Standing::kPresent, answer->substr(1)};
  const std::size_t blank = std::min(answer->find(' '), answer->size());
  int number = 0;
  std::from_chars(answer->data() + 1, answer->data() + blank, number);
  const bool forbidden = number == EPERM || number == EACCES;
  const bool untried = !privileged && row.needs == Needs::kRights && forbidden;
  if (untried)
    return {row.protection, Standing::kUntried, "needs root: " + answer->substr(blank + 1)};
  // A child that a filter killed has said nothing.
  if (blank == answer->size())
    return {row.protection, Standing::kMissing, "the kernel ends who asks"};
  return {row.protection, Standing::kMissing, answer->substr(blank + 1)};
}

ProtectionFact Landlock(Protection protection, int from, const sys::Result<int>& abi) {
  if (!abi) return {protection, Standing::kMissing, abi.error().ToString()};
  const std::string have = *abi == 0 ? "no Landlock" : "ABI " + std::to_string(*abi);
  if (*abi >= from) return {protection, Standing::kPresent, have};
  return {protection, Standing::kMissing, have + "; since ABI " + std::to_string(from)};
}

void AddLandlock(std::vector<ProtectionFact>& facts) {
  const sys::Result<int> abi = LandlockAbi();
  facts.push_back(Landlock(Protection::kLandlockFiles, 1, abi));
  facts.push_back(Landlock(Protection::kLandlockTcp, kLandlockTcpAbi, abi));
  facts.push_back(Landlock(Protection::kLandlockScopes, kLandlockScopeAbi, abi));
}

void AddCgroups(const CgroupSource& source, bool privileged, std::vector<ProtectionFact>& facts) {
  const std::pair<Protection, const char*> controllers[] = {
      {Protection::kMemoryController, "memory"},
      {Protection::kTasksController, "pids"},
      {Protection::kCpuController, "cpu"}};
  for (const auto& [protection, name] : controllers) {
    const auto place = FindController(name, source);
    if (place) {
      facts.push_back({protection, Standing::kPresent, *place});
      continue;
    }
    const bool forbidden = place.error().number == EACCES || place.error().number == EPERM;
    const bool untried = !privileged && forbidden;
    facts.push_back({protection, untried ? Standing::kUntried : Standing::kMissing,
                     (untried ? "needs root: " : "") + place.error().ToString()});
  }
}

std::optional<std::string> ReadModules() {
  auto text = sys::ReadFile(kModules, kMostAnswer);
  if (!text) return std::nullopt;
  while (text->ends_with('\n')) text->pop_back();
  return std::move(*text);
}

}  // namespace

MachineReport ProbeMachine(const CgroupSource& cgroups) {
  MachineReport report;
  utsname names{};
  if (::uname(&names) == 0) report.kernel = names.release;
  report.privileged = sys::IsRoot();
  for (const Row& row : kTried) report.protections.push_back(Judge(row, report.privileged));
  AddLandlock(report.protections);
  AddCgroups(cgroups, report.privileged, report.protections);
  for (const Row& row : kTriedLast) report.protections.push_back(Judge(row, report.privileged));
  report.security_modules = ReadModules();
  return report;
}

}  // namespace postern::sandbox
