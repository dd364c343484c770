// SPDX-License-Identifier: BSD-2-Clause
// What a process can get past the system call filters that it is under: asked of the filters
// themselves, whoever made them.
//
// A filter is a program, so nobody can list what it lets pass; it is asked about the calls that
// matter, with the arguments that matter. A call passes when every filter lets it (seccomp(2): the
// strictest answer counts). "Passes" is the answer whenever a filter cannot be evaluated, and for
// what a supervisor decides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/profile.h"

namespace postern::sandbox::filter {

struct ReachedGroup {
  std::string_view name;             // of our own: "@debug"
  std::vector<std::string> passing;  // names of its calls
};

struct Reach {
  bool foreign = false;  // calls of another architecture, or of x32
  bool internet = false;
  bool listening = false;  // bind and listen
  bool packets = false;    // raw IPv4 and IPv6 sockets among them
  bool netlink = false, local = false, other_families = false;
  bool new_user_namespace = false, new_namespaces = false;
  bool write_and_execute = false;
  bool setuid_files = false;
  bool personality = false, terminals = false;
  std::vector<ReachedGroup> groups;  // optional and denied ones; without those that are refused
};

// No filter at all: everything passes.
Reach ReachUnder(const std::vector<FilterProgram>& filters);

}  // namespace postern::sandbox::filter
