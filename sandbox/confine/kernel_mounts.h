// SPDX-License-Identifier: BSD-2-Clause
// File systems that are the kernel itself rather than files, wherever they are mounted: below data
// they would come into a view as they are (a chroot with a /proc and a /sys of its own, as
// schroot(1) and many administrators make them).
#pragma once

#include <string>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// Changes them in this mount namespace, before anything of it is copied. `root` is the root
// directory.
//
// - Control groups become read-only: writing there is a way to run programs as the host's root
//   (CVE-2022-0492).
// - So does any other that is not in /proc, /sys or /dev, which are the view's to deal with:
//   core_pattern and uevent_helper are such ways too.
// - A proc among those is covered: it shows the processes of the host. But for `own_proc`, which
// the
//   view takes for its own; empty: none.
sys::Status ProtectKernelMounts(const sys::UniqueFd& root, const std::string& own_proc);

}  // namespace postern::sandbox
