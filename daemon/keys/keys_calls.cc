// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/keys_calls.h"

#include "daemon/address_sanitizer.h"

namespace postern::daemon {
namespace {

using sandbox::ArgumentRule;
using sandbox::PermittedCall;

// Numbers of the Linux ABI, the same on every architecture this is built for.
constexpr ArgumentRule kNotExecutable{2, 4, 0};
constexpr ArgumentRule kStandardError{0, 0xffffffff, 2};

constexpr PermittedCall kCalls[] = {
    // Waiting.
    {"epoll_wait"},
    {"epoll_pwait"},
    {"epoll_ctl"},
    {"clock_gettime"},  // where the vDSO does not answer
    {"restart_syscall"},

    // The channel, the edge, and the files that posternd opened.
    {"recvmsg"},
    {"sendmsg"},
    {"pread64"},
    {"close"},

    // OpenSSL: randomness, whether the process has forked, locks.
    {"getrandom"},
    {"getpid"},
    {"futex"},

    // Memory, never executable.
    {"brk"},
    {"mmap", kNotExecutable},
    {"mremap"},
    {"munmap"},
    {"madvise"},

    // The last words.
    {"write", kStandardError},
    {"writev", kStandardError},
    {"rt_sigreturn"},
    {"exit_group"},
#ifdef POSTERN_ADDRESS_SANITIZER
    {"sigaltstack"},  // AddressSanitizer asks for it before each _exit(2)
#endif
};

}  // namespace

std::span<const PermittedCall> KeysCalls() { return kCalls; }

}  // namespace postern::daemon
