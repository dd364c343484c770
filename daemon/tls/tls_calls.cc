// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_calls.h"

#include "daemon/address_sanitizer.h"

namespace postern::daemon {
namespace {

using sandbox::ArgumentRule;
using sandbox::PermittedCall;

// Numbers of the Linux ABI, the same on every architecture this is built for.
constexpr std::uint64_t kWhole = 0xffffffff;  // int arguments: the upper half is not the kernel's
constexpr ArgumentRule kGetFlags{1, kWhole, 3};
constexpr ArgumentRule kSetFlags{1, kWhole, 4};
constexpr ArgumentRule kNotExecutable{2, 4, 0};
constexpr ArgumentRule kStandardError{0, kWhole, 2};
constexpr ArgumentRule kTcpLevel{1, kWhole, 6};
constexpr ArgumentRule kNoDelay{2, kWhole, 1};
constexpr ArgumentRule kCork{2, kWhole, 3};

constexpr PermittedCall kCalls[] = {
    // Waiting: for everybody, and for a signature.
    {"epoll_wait"},
    {"epoll_pwait"},
    {"epoll_ctl"},
    {"poll"},
    {"ppoll"},
    {"clock_gettime"},  // where the vDSO does not answer
    {"restart_syscall"},

    // The channel, the edge, clients and services. OpenSSL reads and writes plainly.
    {"recvmsg"},
    {"sendmsg"},
    {"recvfrom"},
    {"sendto"},
    {"read"},
    {"write"},
    {"shutdown"},
    {"close"},
    {"setsockopt", kTcpLevel, kNoDelay},
    {"setsockopt", kTcpLevel, kCork},
    {"fcntl", kGetFlags},
    {"fcntl", kSetFlags},

    // Certificates and lists, opened by posternd.
    {"pread64"},

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
    {"writev", kStandardError},
    {"rt_sigreturn"},
    {"exit_group"},
#ifdef POSTERN_ADDRESS_SANITIZER
    {"sigaltstack"},  // AddressSanitizer asks for it before each _exit(2)
#endif
};

}  // namespace

std::span<const PermittedCall> TlsCalls() { return kCalls; }

}  // namespace postern::daemon
