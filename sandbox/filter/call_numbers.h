// SPDX-License-Identifier: BSD-2-Clause
// System calls by name and by number, on the architecture this is built for.
//
// libseccomp has the names. Calls newer than its table come from our own: a filter must know them
// on every machine, or a profile that names one would be an error on half of them.
#pragma once

#include <linux/audit.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::sandbox::filter {

#if defined(__x86_64__) && defined(__LP64__)
inline constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
inline constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "no system call filter for this architecture yet"
#endif

// The last call this version has judged: file_setattr(2), Linux 6.17. What is above it is answered
// with ENOSYS, as by a kernel that is older.
inline constexpr std::uint32_t kHighestCall = 469;

// Whether any architecture has a call of that name; a profile may be written for several.
bool IsCallName(std::string_view name);

// Its number here; nothing for a call of another architecture and for no call.
std::optional<std::uint32_t> NumberOf(std::string_view name);

// Empty when there is no such call.
std::string NameOf(std::uint32_t number);

}  // namespace postern::sandbox::filter
