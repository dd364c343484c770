// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine/cgroup_mounts.h"

#include <utility>

#include "sandbox/confine/mountinfo.h"

namespace postern::sandbox {

std::vector<CgroupMount> ParseCgroupMounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  for (Mount& mount : ParseMountinfo(mountinfo)) {
    if (mount.type != "cgroup" && mount.type != "cgroup2") continue;
    CgroupMount group{std::move(mount.path), std::move(mount.root), mount.type == "cgroup2", {}};
    for (const std::string_view option : SplitText(mount.options, ',')) {
      if (!group.unified) group.controllers.emplace_back(option);
    }
    mounts.push_back(std::move(group));
  }
  return mounts;
}

}  // namespace postern::sandbox
