// SPDX-License-Identifier: BSD-2-Clause
// What ProbeMachine() (machine.h) runs in its children: each asks for one protection and tells what
// came of it. A child that has tried something is changed and must end.
#pragma once

#include <string>

#include "sandbox/confine/namespaces.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

// What there is, in words; empty when there is no more to say.
using Tried = sys::Result<std::string>;

Tried TrySeccomp();
Tried TrySeccompNotify();
Tried TryNoNewPrivileges();
Tried TryNamespace(Namespace kind);
Tried TryMountCalls();
Tried TryHiddenProcesses();
Tried TryMemoryProtection();
Tried TrySpeculation();
Tried TryKeyring();
Tried TryPidfd();
Tried TryCloseRange();

}  // namespace postern::sandbox
