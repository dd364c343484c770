// SPDX-License-Identifier: BSD-2-Clause
// The files that say who may enter, read once: hosts.allow, hosts.deny, xinetd.conf, inetd.conf.
//
// For the tools, which examine files and end. A program that goes on watches them instead
// (wrapper/access).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/hosts/hosts_policy.h"
#include "policy/service/configuration.h"
#include "wrapper/config/file_choice.h"

namespace postern::wrapper {

struct PolicyPaths {
  struct Path {
    std::string path;    // empty: not read
    bool named = false;  // somebody asked for this very file: it must be there
  };
  Path hosts_allow, hosts_deny, xinetd, inetd;
};

// The files as the command line names them; what it does not name is the system's.
PolicyPaths ChoosePaths(const std::string& hosts_allow, const std::string& hosts_deny,
                        FileChoice choice);
// The files of these names in a directory, each of which may be missing.
PolicyPaths PathsIn(const std::string& directory);

// kDecisions presumes that the programs and accounts that services name exist: who may enter does
// not hang on them, and a policy is often examined on another machine than it is made for.
enum class Purpose : std::uint8_t { kDecisions, kCheck };

struct PolicyFiles {
  std::shared_ptr<const policy::hosts::HostsPolicy> hosts;
  policy::Configuration services;
  // Files that cannot be used, each with its reason: "hosts.deny: no such file". A verdict given in
  // spite of one is not that of the files somebody wrote.
  std::vector<std::string> problems;
};

PolicyFiles ReadPolicy(const PolicyPaths& paths, Purpose purpose, const policy::SystemView& system);

}  // namespace postern::wrapper
