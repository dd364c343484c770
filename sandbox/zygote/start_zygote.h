// SPDX-License-Identifier: BSD-2-Clause
// Starts a postern-zygote and tells it its profile.
//
// Who calls: posternd, which goes on without waiting; and the tools, which wait for the sandbox.
// From then on the two speak as protocol.h says.
#pragma once

#include <expected>
#include <string>

#include "sandbox/helper.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {

// `program` is postern-zygote's path. As root the zygote gets the pid namespace that its profile
// asks for. `record`: where one with a learning plan writes what it learned. A failure leaves no
// process behind.
sys::Result<Helper> StartZygote(const std::string& program, const Profile& profile,
                                const sys::UniqueFd& record = {});

// Until the sandbox stands: the warnings of a profile that tolerates what the kernel lacks, empty
// without. The error is one line: the zygote's own reason, or that it says nothing in time. The
// process is the caller's to end either way.
std::expected<std::string, std::string> AwaitSealed(const Helper& zygote,
                                                    const sys::Deadline& deadline);

// Kills it, with a pid namespace everything that runs in it, and waits for that.
void EndZygote(Helper& zygote);

}  // namespace postern::sandbox
