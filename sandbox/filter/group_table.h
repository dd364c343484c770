// SPDX-License-Identifier: BSD-2-Clause
// The groups of system calls, as data. Everybody but groups.cc asks through groups.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::sandbox::filter {

enum class GroupKind : std::uint8_t {
  kBase,      // what a service gets when nothing is written
  kOptional,  // only when asked for
  kDenied,    // kills the process under every profile; a member is allowed by its own name only
  kAlias,     // a name of systemd's (systemd.exec(5), SystemCallFilter=) for some of the above
  kPreset,    // what a kind of service needs
};

struct CallGroup {
  std::string_view name;  // "@io"
  GroupKind kind;
  std::string_view about;  // one line for the manual; for a denied group, what allowing it undoes
  // Names of calls; those of aliases and presets may be groups too. Calls that exist on another
  // architecture only, or in a newer kernel, have no effect here.
  std::span<const std::string_view> members;
};

std::span<const CallGroup> GroupTable();

}  // namespace postern::sandbox::filter
