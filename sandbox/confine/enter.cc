// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/enter.h"

#include "sandbox/confine/entering.h"

namespace postern::sandbox {
namespace {

struct Row {
  EnterStep step;
  std::string_view text;
  sys::Status (Entering::*run)();
};

constexpr Row kRows[] = {
    {EnterStep::kPlan, "profile", &Entering::CheckPlan},
    {EnterStep::kProcess, "process", &Entering::OpenProcess},
    {EnterStep::kSession, "session", &Entering::LeaveStarter},
    {EnterStep::kSignals, "signals", &Entering::ResetSignals},
    {EnterStep::kKeyring, "private keyring", &Entering::JoinKeyring},
    {EnterStep::kOomScore, "OOM score", &Entering::SetOomScore},
    {EnterStep::kPriority, "priority", &Entering::SetPriority},
    {EnterStep::kCgroup, "control group", &Entering::EnterCgroup},
    {EnterStep::kLimits, "limits", &Entering::SetLimits},
    {EnterStep::kPidNamespace, "pid namespace", &Entering::CheckPidNamespace},
    {EnterStep::kOwnUserNamespace, "own user namespace", &Entering::EnterOwnUserNamespace},
    {EnterStep::kNamespaces, "namespaces", &Entering::LeaveNamespaces},
    {EnterStep::kFiles, "file system", &Entering::ShapeFiles},
    {EnterStep::kLandlockRules, "Landlock rules", &Entering::MakeLandlockRules},
    {EnterStep::kGroups, "groups", &Entering::SetGroups},
    {EnterStep::kUserNamespace, "user namespace", &Entering::EnterUserNamespace},
    {EnterStep::kUser, "user", &Entering::SetUser},
    {EnterStep::kBoundingSet, "bounding set", &Entering::LimitBoundingSet},
    {EnterStep::kCapabilities, "capabilities", &Entering::SetCapabilities},
    {EnterStep::kSecureBits, "secure bits", &Entering::LockSecureBits},
    {EnterStep::kIdentity, "identity", &Entering::VerifyIdentity},
    {EnterStep::kMemoryProtection, "memory protection", &Entering::LockMemory},
    {EnterStep::kSpeculation, "speculation", &Entering::MitigateSpeculation},
    {EnterStep::kInspection, "inspection", &Entering::ForbidInspection},
    {EnterStep::kInventory, "inventory", &Entering::TakeInventory},
    {EnterStep::kDescriptors, "descriptors", &Entering::CheckDescriptors},
    {EnterStep::kNoNewPrivileges, "no new privileges", &Entering::SetNoNewPrivileges},
    {EnterStep::kLandlock, "Landlock", &Entering::RestrictByLandlock},
    {EnterStep::kFilter, "system call filter", &Entering::InstallFilter},
    {EnterStep::kLastCapabilities, "last capabilities", &Entering::DropLastCapabilities},
    {EnterStep::kReadBack, "read back", &Entering::ReadBack},
};

}  // namespace

std::string_view StepText(EnterStep step) {
  for (const Row& row : kRows) {
    if (row.step == step) return row.text;
  }
  return "unknown step";
}

std::string EnterFailure::ToString() const {
  return std::string(StepText(step)) + ": " + error.ToString();
}

std::expected<Report, EnterFailure> Enter(const Profile& profile) {
  Entering entering(profile);
  for (const Row& row : kRows) {
    entering.Begin(row.text);
    sys::Status done = (entering.*row.run)();
    if (!done) return std::unexpected(EnterFailure{row.step, std::move(done).error()});
  }
  return entering.TakeReport();
}

}  // namespace postern::sandbox
