// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/call_numbers.h"

#include <seccomp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace postern::sandbox::filter {
namespace {

struct NewCall {
  std::string_view name;
  std::uint32_t number;
};

// Since Linux 5.1 a new call has the same number on every architecture (from 424 on).
constexpr NewCall kNewCalls[] = {
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469},
};
static_assert(std::ranges::max(kNewCalls, {}, &NewCall::number).number == kHighestCall);

// libseccomp's: -1 for no call of any architecture, lower for one that this one lacks.
int Resolve(std::string_view name) {
  const auto* own = std::ranges::find(kNewCalls, name, &NewCall::name);
  if (own != std::end(kNewCalls)) return static_cast<int>(own->number);
  // A word with a NUL in it must not pass for what is before it.
  if (name.contains('\0')) return __NR_SCMP_ERROR;
  return ::seccomp_syscall_resolve_name(std::string(name).c_str());
}

struct Free {
  void operator()(char* text) const { std::free(text); }
};

}  // namespace

bool IsCallName(std::string_view name) { return Resolve(name) != __NR_SCMP_ERROR; }

std::optional<std::uint32_t> NumberOf(std::string_view name) {
  const int number = Resolve(name);
  if (number < 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::string NameOf(std::uint32_t number) {
  const auto* own = std::ranges::find(kNewCalls, number, &NewCall::number);
  if (own != std::end(kNewCalls)) return std::string(own->name);
  if (number > kHighestCall) return {};
  const std::unique_ptr<char, Free> name(
      ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)));
  return name ? std::string(name.get()) : std::string();
}

}  // namespace postern::sandbox::filter
