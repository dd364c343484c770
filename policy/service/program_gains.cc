// SPDX-License-Identifier: BSD-2-Clause
#include "policy/service/program_gains.h"

namespace postern::policy {
namespace {

// Set-group-ID without the group's right to execute means something else (stat(2), S_ISGID).
constexpr std::uint32_t kSetuid = 04000, kSetgid = 02010;

}  // namespace

std::string WhatItGains(const std::string& program, const SystemView& system) {
  const SystemView::FileFacts facts = system.Inspect(program);
  if (facts.kind != SystemView::FileFacts::Kind::kRegular) return {};
  if ((facts.mode & kSetuid) != 0) return "setuid";
  if ((facts.mode & kSetgid) == kSetgid) return "setgid";
  return facts.capabilities ? "given capabilities" : "";
}

}  // namespace postern::policy
