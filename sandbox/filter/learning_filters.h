// SPDX-License-Identifier: BSD-2-Clause
// The filters of a service whose calls are learned.
#pragma once

#include "sandbox/filter/call_table.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

// `ask` asks about every call up to kHighestCall and lets pass what hands the listener over
// (sandbox/learn/hand_over.h); calls above, and of other architectures, get what every filter of
// ours answers. `judge` is the filter of a service to which everything is listed that can be, with
// the network of the host; what is always denied it kills. `raw_sockets`: as in FilterRequest.
sys::Result<LearningPlan> BuildLearningPlan(bool raw_sockets);

}  // namespace postern::sandbox::filter
