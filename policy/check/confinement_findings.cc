// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/confinement_findings.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/base/text.h"
#include "policy/check/program_files.h"
#include "policy/service/profile_defaults.h"
#include "policy/service/program_gains.h"

namespace postern::policy::check {
namespace {

using SyscallWord = SystemView::SyscallWord;

// Directories of the system. What is below one may well be a service's own: /etc/foo.
constexpr std::array<std::string_view, 21> kSystemDirectories = {
    "/",        "/bin",     "/boot",      "/dev",         "/etc",       "/lib",      "/lib32",
    "/lib64",   "/proc",    "/root",      "/run",         "/sbin",      "/sys",      "/usr",
    "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/local", "/usr/sbin", "/usr/share"};

// What a minimal root has of the system (sandbox/confine/minimal_root).
constexpr std::array<std::string_view, 7> kMinimalRoot = {"/bin",    "/lib",  "/lib32", "/lib64",
                                                          "/libx32", "/sbin", "/usr"};

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

bool LiesIn(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory == "/" || path[directory.size()] == '/';
}

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "none" : out;
}

class Services {
 public:
  explicit Services(const SystemView& system) : system_(system) {}

  void Check(const CheckedService& service) {
    if (!service.spec->confinement) return;
    spec_ = service.spec.get();
    confinement_ = service.spec->confinement.get();
    OfProfile();
    OfProgram(spec_->program.path);
    if (!service.wrapped.empty()) OfProgram(service.wrapped);
    if (confinement_->profile == SandboxProfile::kNone) return;
    OfRootUser();
    OfWritablePaths();
    OfSyscalls();
    OfCapabilities();
    if (confinement_->on_missing == OnMissing::kWarn) OfMissing();
  }

  Diagnostics Take();

 private:
  void OfProfile();
  void OfProgram(const std::string& program);
  void OfSetuid(const std::string& program);
  void OfPlace(const std::string& program);
  void OfRootUser();
  void OfWritablePaths();
  void OfSyscalls();
  void OfCapabilities();
  void OfMissing();
  void Warn(const char* code, const SourceLocation& where, const std::string& message,
            std::string fix = {});
  void WarnOnce(const char* code, std::string_view attribute, const std::string& message,
                std::string fix = {});
  std::string Id() const { return "service " + spec_->id; }

  const SystemView& system_;
  const ServiceSpec* spec_ = nullptr;
  const Confinement* confinement_ = nullptr;
  std::set<std::pair<std::string_view, std::string>> told_;  // lines of defaults, once
  std::size_t silent_ = 0;                                   // services that say nothing
  const ServiceSpec* first_silent_ = nullptr;
  Diagnostics findings_;
};

void Services::Warn(const char* code, const SourceLocation& where, const std::string& message,
                    std::string fix) {
  findings_.push_back({Severity::kWarning, code, where, message, std::move(fix), {}});
}

// About a line, which may stand in defaults and concern every service.
void Services::WarnOnce(const char* code, std::string_view attribute, const std::string& message,
                        std::string fix) {
  const SourceLocation* const where = confinement_->Wrote(attribute);
  if (where == nullptr) return;
  const std::string key = where->file + ":" + std::to_string(where->line) + message;
  if (told_.emplace(code, key).second) Warn(code, *where, message, std::move(fix));
}

void Services::OfProfile() {
  if (confinement_->profile == SandboxProfile::kNone) {
    return WarnOnce("no-sandbox", "sandbox",
                    "nothing keeps what breaks into this program from all that its user may do",
                    "sandbox = baseline");
  }
  if (!confinement_->written.empty()) return;
  if (++silent_ == 1) first_silent_ = spec_;
}

void Services::OfProgram(const std::string& program) {
  if (const std::string path = WritableByAll(program, system_); !path.empty()) {
    Warn("writable-program", spec_->where,
         Id() + ": everybody may write " + path + ", and so decide what is run as " +
             spec_->program.credentials.user,
         "chmod o-w " + path);
  }
  if (confinement_->profile == SandboxProfile::kNone) return;
  OfSetuid(program);
  OfPlace(program);
}

void Services::OfSetuid(const std::string& program) {
  const std::string gains = WhatItGains(program, system_);
  if (gains.empty() || !confinement_->no_new_privileges) return;
  Warn("setuid-program", spec_->where,
       Id() + ": " + program + " is " + gains + ", and gains nothing by it with no_new_privileges",
       confinement_->Wrote("no_new_privileges") != nullptr ? "no_new_privileges = no"
                                                           : "sandbox = baseline");
}

void Services::OfPlace(const std::string& program) {
  if (!confinement_->root.empty()) {
    const std::string inside = WithoutSlash(confinement_->root) + program;
    if (system_.Inspect(inside).kind != SystemView::FileFacts::Kind::kMissing) return;
    return Warn("program-outside-root", *confinement_->Wrote("root"),
                Id() + ": there is no " + program + " in its root: " + inside + " is missing");
  }
  if (!confinement_->minimal_root) return;
  const auto holds = [&program](const auto& directory) { return LiesIn(program, directory); };
  if (std::ranges::any_of(kMinimalRoot, holds) ||
      std::ranges::any_of(confinement_->read_only_paths, holds) ||
      std::ranges::any_of(confinement_->read_write_paths, holds)) {
    return;
  }
  const std::string directory = program.substr(0, std::max<std::size_t>(program.rfind('/'), 1));
  Warn("program-outside-root", spec_->where,
       Id() + ": a minimal root has " + program + " itself, and nothing else of " + directory,
       "read_only_paths += " + directory);
}

// Whoever writes the list down has thought about it.
void Services::OfRootUser() {
  if (spec_->program.credentials.uid != 0) return;
  if (confinement_->Wrote("capabilities") != nullptr) return;
  Warn("root-service", spec_->where,
       Id() + " runs as root and keeps these capabilities: " + Joined(confinement_->capabilities),
       "user = NAME\nor, as far as it needs them: capabilities = " +
           Joined(confinement_->capabilities));
}

void Services::OfWritablePaths() {
  for (const std::string& written : confinement_->read_write_paths) {
    const std::string path = WithoutSlash(written);
    if (LiesIn(spec_->program.path, path)) {
      WarnOnce("writable-system", "read_write_paths",
               Id() + " may write " + path + ", where its own program is");
    } else if (std::ranges::find(kSystemDirectories, path) != kSystemDirectories.end()) {
      WarnOnce("writable-system", "read_write_paths",
               path + " is a part of the system: name what is below it");
    }
  }
}

void Services::OfSyscalls() {
  std::vector<std::string> allowed =
      confinement_->syscalls.replaced.value_or(std::vector<std::string>());
  allowed.insert(allowed.end(), confinement_->syscalls.added.begin(),
                 confinement_->syscalls.added.end());
  for (const std::string& word : allowed) {
    if (system_.KindOfSyscall(word) != SyscallWord::kDeniedCall) continue;
    WarnOnce("denied-syscall", "syscalls", "the call " + word + " undoes the sandbox",
             "syscalls -= " + word);
  }
}

void Services::OfCapabilities() {
  for (const std::string& name : confinement_->capabilities) {
    if (std::ranges::find(GivesMachineAway(), name) == GivesMachineAway().end()) continue;
    WarnOnce("dangerous-capability", "capabilities", "who has " + name + " has the machine",
             "capabilities -= " + name);
  }
}

void Services::OfMissing() {
  WarnOnce("missing-tolerated", "on_missing",
           "on a kernel that lacks a protection, programs run without it", "on_missing = refuse");
}

Diagnostics Services::Take() {
  if (first_silent_ != nullptr) {
    const std::string others =
        silent_ == 1 ? "" : ", as " + std::to_string(silent_ - 1) + " others,";
    findings_.push_back({Severity::kNote,
                         "default-profile",
                         first_silent_->where,
                         "service " + first_silent_->id + others +
                             " has no line about its confinement: the standard profile is meant",
                         "sandbox = standard",
                         {}});
  }
  return std::move(findings_);
}

}  // namespace

Diagnostics FindInConfinement(const std::vector<CheckedService>& services,
                              const SystemView& system) {
  Services all(system);
  for (const CheckedService& service : services) all.Check(service);
  return all.Take();
}

}  // namespace postern::policy::check
