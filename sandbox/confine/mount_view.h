// SPDX-License-Identifier: BSD-2-Clause
// What a service sees of the file system: FileView (sandbox/profile.h) turned into mounts.
//
// Who calls: Enter(), as root in a mount namespace of its own, with one thread. Afterwards the
// working directory is the root, and nothing of the old root can be reached but through descriptors
// that were open before.
//
// - read_only_system: everything is read-only, without devices, and without setuid programs if the
//   service can gain no privileges. What stays as it was, for the user's permissions to decide, is
//   data: /var /srv /home /run /mnt /media /opt /tmp, and read_write_paths.
// - Paths nest: /srv read-only with /srv/in writable works, and so does the opposite. Of the same
//   path in both lists, read-only wins; a hidden path hides what is below it, whatever else is
//   said.
// - A path in the lists that does not exist is an error, and so is a symbolic link that somebody
//   but root may have put there. Hiding covers what is there now: a directory that its owner
//   replaces later, outside, is new and not hidden.
// - root: paths in the lists are the host's. Those below it are found inside; any other is shown
//   inside under its own name, where there is a file or a directory to put it on. private_tmp,
//   private_dev and /proc are for roots that have these directories.
// - No control group's files are writable, whatever is asked for (CVE-2022-0492), and no other file
//   system of the kernel's that lies below data or a listed path (kernel_mounts.h).
// - Temporary files of its own take at most a tenth of the memory, in /tmp, /var/tmp and /dev/shm
//   each.
#pragma once

#include <span>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

struct ViewRequest {
  const FileView& files;
  std::span<const ProgramToRun> programs;
  bool no_setuid = false;      // setuid programs are of no use to the service
  bool fresh_proc = false;     // the caller is in a pid namespace of its own
  bool all_processes = false;  // and sees there also what it may not trace
};

// RequireMountCalls() (mount_calls.h) says beforehand whether the kernel can do it.
sys::Status BuildView(const ViewRequest& request);

// Directories that hold data rather than the system.
std::span<const char* const> DataDirectories();

}  // namespace postern::sandbox
