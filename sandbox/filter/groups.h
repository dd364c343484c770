// SPDX-License-Identifier: BSD-2-Clause
// The words of the `syscalls` attribute: names of calls, and groups of them. "@io" is a group of
// our own, "@file-system" one of systemd's names for ours, "@preset-ftp" what an FTP server needs.
//
// The groups are those of group_table.h. Runs where a configuration is read, never in a child.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/filter/group_table.h"

namespace postern::sandbox::filter {

enum class WordKind : std::uint8_t {
  kUnknown,
  kCall,         // a call of this or another architecture
  kGroup,        // may be allowed and taken away
  kDeniedGroup,  // may not be allowed as a group: its calls undo the sandbox, name them one by one
};

WordKind KindOf(std::string_view word);

// Words that an unknown one may have been meant to be: the nearest first, at most three.
std::vector<std::string> NearMisses(std::string_view word);

// The numbers a word stands for on this machine, sorted, each once. None for an unknown word, or
// for a call that only other architectures have.
std::vector<std::uint32_t> Expand(std::string_view word);

// The group of our own that a call belongs to: "@io". Empty for a number without a name.
std::string_view GroupOf(std::uint32_t number);

// Whether that group is a denied one.
bool IsAlwaysDenied(std::uint32_t number);

// The groups of kind kBase: what a service may do when nothing is written.
std::vector<std::string> BaseWords();

}  // namespace postern::sandbox::filter
