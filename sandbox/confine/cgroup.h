// SPDX-License-Identifier: BSD-2-Clause
// A control group for each service (cgroups(7)): limits for all its processes together.
//
// Who calls: Enter(), as root, for a service that has such limits; the daemon, to remove them.
// Groups are made below the caller's own: OWN/postern/SERVICE. Each controller is taken from where
// the machine has it, version 1 or 2, or there is an error that names it (ENOENT). Version 2 gives
// controllers only to groups below one without processes, so a daemon that was delegated a group
// has to step aside first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/confine/cgroup_mounts.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// Where the machine tells what it has.
struct CgroupSource {
  std::string mounts = "/proc/self/mountinfo";
  std::string membership = "/proc/self/cgroup";
};

class ServiceCgroup {
 public:
  // Makes the groups that these limits need, in each hierarchy one at most; an existing one is
  // used.
  static sys::Result<ServiceCgroup> Make(std::string_view service, const CgroupLimits& limits,
                                         const CgroupSource& source = {});

  sys::Status SetLimits(const CgroupLimits& limits);
  sys::Status EnterSelf();
  sys::Status Remove();  // EBUSY while there are processes

 private:
  struct Group {
    bool unified = false;
    std::vector<std::string> controllers;  // those it is used for
    sys::UniqueFd parent, directory;
  };
  sys::Status AddGroup(const CgroupMount& mount, std::vector<std::string> controllers,
                       const CgroupSource& source);
  sys::Status Limit(const char* controller, const char* v1_file, const char* v2_file,
                    const std::string& value);
  const Group* With(std::string_view controller) const;

  std::string name_;
  std::vector<Group> groups_;
};

// Moves the calling process, and what it has started, to OWN/postern/@daemon of the version 2
// hierarchy, where there is one with controllers, so that OWN may hand them on.
sys::Status StepAsideInCgroup(const CgroupSource& source = {});

// Where Make() would find a controller: "version 2, PATH". ENOENT: the machine has it not, or has
// not delegated it; EACCES, EROFS: the caller may not make groups there.
sys::Result<std::string> FindController(std::string_view controller,
                                        const CgroupSource& source = {});

// A service's id as the name of a directory: no slash, no leading dot, nothing that has a meaning.
std::string CgroupName(std::string_view service);

}  // namespace postern::sandbox
