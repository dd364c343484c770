// SPDX-License-Identifier: BSD-2-Clause
// Puts the calling process under a system call filter, for good, and what it starts with it.
//
// Who calls: Enter(), in a zygote, with no_new_privs set or with CAP_SYS_ADMIN (seccomp(2)). Its
// instances are under the same filter, and so is the zygote: what it calls itself must be listed,
// because it cannot answer itself.
//
// Where a filter asks (SECCOMP_RET_USER_NOTIF), the caller waits until whoever holds the listener
// answers. Nobody here ever does: the zygote kills the caller (sandbox/zygote/unlisted.h), and the
// call is never made. When the zygote dies, the kernel answers with ENOSYS, so the call is still
// never made; a pid namespace then ends the callers too. Without one nothing would, so such a
// process is put under KillingInstead() of its filter.
//
// LIMITS. One filter of a process may have a listener: under a container's supervisor there is none
// to be had (EBUSY). A caller may be interrupted by a signal before it is killed, and try again.
#pragma once

#include <cstddef>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

// What a notification of the kernel's may take (struct seccomp_notif, which may grow).
inline constexpr std::size_t kNotificationRoom = 512;

sys::Status InstallFilter(const FilterProgram& program);

// The listener, which is close-on-exec. After an error no filter was installed: EBUSY, see above;
// EINVAL, a kernel before 5.0; E2BIG, one whose notifications take more than kNotificationRoom.
sys::Result<sys::UniqueFd> InstallListeningFilter(const FilterProgram& program);

// The program, which kills where the other asks.
FilterProgram KillingInstead(FilterProgram program);

}  // namespace postern::sandbox
