// SPDX-License-Identifier: BSD-2-Clause
// The steps of Enter(), and what one leaves for a later one. Their order is enter.cc's table.
#pragma once

#include <string_view>

#include "sandbox/confine/enter.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

class Entering {
 public:
  explicit Entering(const Profile& profile);
  Entering(const Entering&) = delete;
  Entering& operator=(const Entering&) = delete;

  void Begin(std::string_view step) { step_ = step; }  // for warnings
  Report TakeReport() { return std::move(report_); }

  sys::Status CheckPlan();
  sys::Status OpenProcess();
  sys::Status LeaveStarter();
  sys::Status ResetSignals();
  sys::Status JoinKeyring();
  sys::Status SetOomScore();
  sys::Status SetPriority();
  sys::Status EnterCgroup();
  sys::Status SetLimits();
  sys::Status CheckPidNamespace();
  sys::Status EnterOwnUserNamespace();
  sys::Status LeaveNamespaces();
  sys::Status ShapeFiles();
  sys::Status MakeLandlockRules();
  sys::Status SetGroups();
  sys::Status EnterUserNamespace();
  sys::Status SetUser();
  sys::Status LimitBoundingSet();
  sys::Status SetCapabilities();
  sys::Status LockSecureBits();
  sys::Status VerifyIdentity();
  sys::Status LockMemory();
  sys::Status MitigateSpeculation();
  sys::Status ForbidInspection();
  sys::Status TakeInventory();
  sys::Status CheckDescriptors();
  sys::Status SetNoNewPrivileges();
  sys::Status RestrictByLandlock();
  sys::Status InstallFilter();
  sys::Status DropLastCapabilities();
  sys::Status ReadBack();

 private:
  // A protection that could not be had: an error, or a warning.
  sys::Status Missing(sys::Error error);
  sys::Status Leave(bool wanted, Namespace kind, bool& left);

  bool is_root_user() const { return profile_.identity.uid == 0; }
  // To stay inside what is executed, they must be ambient; root's id gives them anyway.
  CapabilityMask ambient() const { return is_root_user() ? 0 : profile_.capabilities; }
  CapabilityMask bounding() const;
  CapabilityMask transitional() const;
  sys::Status CompareIdentity() const;
  sys::Status CompareCapabilities() const;
  sys::Status CompareSeals() const;
  sys::Status CompareNamespaces() const;

  const Profile& profile_;
  const bool privileged_;
  std::string_view step_;
  Report report_;
  ProcessStatus before_;
  NamespaceIds namespaces_before_;
  sys::UniqueFd process_, status_, ruleset_;
  // What holds, as opposed to what was asked for: they differ by what is missing and tolerated.
  NamespacePlan left_;
  bool bounding_limited_ = false, secure_bits_locked_ = false, memory_locked_ = false;
};

}  // namespace postern::sandbox
