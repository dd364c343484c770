// SPDX-License-Identifier: BSD-2-Clause
// A root directory with nothing in it but what programs need to start: /usr and what stands for it
// at the top, a few files of /etc, and the service's own programs; all of it read-only. /root,
// /home and /boot do not exist in it, /var and /run are empty.
#pragma once

#include <span>
#include <string_view>

#include "sandbox/confine/mount_tree.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// `attributes` go to everything that is copied from the host.
sys::Result<MountTree> MakeMinimalRoot(const sys::UniqueFd& host,
                                       std::span<const ProgramToRun> programs,
                                       MountAttributes attributes);

// Whether a path of the host is to be seen in it, whatever the service: by its name, so that a link
// on the way counts as what it is called.
bool IsInMinimalRoot(std::string_view path);

}  // namespace postern::sandbox
