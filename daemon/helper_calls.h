// SPDX-License-Identifier: BSD-2-Clause
// The system calls that a confined helper may make: those that every one needs, and its own. Every
// other one kills it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "sandbox/helper_confinement.h"

namespace postern::daemon {

// Rules on arguments. Numbers of the Linux ABI, the same on every architecture this is built for.
namespace argument {
using Rule = sandbox::ArgumentRule;
inline constexpr std::uint64_t kWhole = 0xffffffff;  // int: the upper half is not the kernel's
inline constexpr Rule kInet4{0, kWhole, 2}, kInet6{0, kWhole, 10};          // socket(2)
inline constexpr Rule kStream{1, 0xf, 1}, kDatagram{1, 0xf, 2};             // flags aside
inline constexpr Rule kSocketLevel{1, kWhole, 1}, kTcpLevel{1, kWhole, 6};  // setsockopt(2)
inline constexpr Rule kError{2, kWhole, 4}, kKeepalive{2, kWhole, 9};       // SOL_SOCKET
inline constexpr Rule kNoDelay{2, kWhole, 1};                               // IPPROTO_TCP
inline constexpr Rule kSetCloseOnExec{1, kWhole, 2};                        // fcntl(2)
inline constexpr Rule kGetFlags{1, kWhole, 3}, kSetFlags{1, kWhole, 4};
inline constexpr Rule kNotExecutable{2, 4, 0};  // mmap(2)
inline constexpr Rule kStandardError{0, kWhole, 2};
}  // namespace argument

// `own` with what all helpers need: to wait, their channel, files that posternd opened, memory, and
// their last words.
std::vector<sandbox::PermittedCall> HelperCalls(std::initializer_list<sandbox::PermittedCall> own);

}  // namespace postern::daemon
