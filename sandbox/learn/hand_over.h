// SPDX-License-Identifier: BSD-2-Clause
// How the listener of a filter that asks about every call gets to who shall answer.
//
// Whoever installs such a filter has the listener, and is asked about its own next call as well:
// nobody could answer that it may send the listener away. So the filter lets one call pass, a
// sendmsg(2) with a mark where the kernel does not look: the upper half of its flags, of which it
// reads an int (sandbox/filter/learning_filters.h). What comes later under the filter could use the
// mark to send unseen, and gain nothing by it: it would be missing from what is learned.
#pragma once

#include <cstdint>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {

inline constexpr std::uint64_t kHandOverMark = std::uint64_t{0x6c6561726e} << 32;
inline constexpr std::uint64_t kHandOverBits = ~std::uint64_t{0xffffffff};

// Both ends are of MakeChannel() (sandbox/channel.h).
sys::Status HandOverListener(const sys::UniqueFd& channel, const sys::UniqueFd& listener);
sys::Result<sys::UniqueFd> ReceiveListener(const sys::UniqueFd& channel,
                                           const sys::Deadline& deadline);

}  // namespace postern::sandbox
