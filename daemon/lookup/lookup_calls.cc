// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookup/lookup_calls.h"

#include "daemon/address_sanitizer.h"

namespace postern::daemon {
namespace {

using sandbox::ArgumentRule;
using sandbox::PermittedCall;

// Numbers of the Linux ABI, the same on every architecture this is built for.
constexpr std::uint64_t kWhole = 0xffffffff;  // int arguments: the upper half is not the kernel's
constexpr ArgumentRule kInet4{0, kWhole, 2};
constexpr ArgumentRule kInet6{0, kWhole, 10};
constexpr ArgumentRule kStream{1, 0xf, 1};
constexpr ArgumentRule kDatagram{1, 0xf, 2};
constexpr ArgumentRule kSetCloseOnExec{1, kWhole, 2};
constexpr ArgumentRule kGetFlags{1, kWhole, 3};
constexpr ArgumentRule kSetFlags{1, kWhole, 4};
constexpr ArgumentRule kNotExecutable{2, 4, 0};
constexpr ArgumentRule kStandardError{0, kWhole, 2};
constexpr ArgumentRule kSocketLevel{1, kWhole, 1};
constexpr ArgumentRule kTcpLevel{1, kWhole, 6};
constexpr ArgumentRule kNoDelay{2, kWhole, 1};
constexpr ArgumentRule kError{2, kWhole, 4};

constexpr PermittedCall kCalls[] = {
    // Waiting.
    {"epoll_wait"},
    {"epoll_pwait"},
    {"epoll_ctl"},
    {"clock_gettime"},  // where the vDSO does not answer
    {"gettimeofday"},
    {"restart_syscall"},

    // The channel.
    {"recvmsg"},
    {"sendmsg"},

    // Name servers and ident servers; nothing listens.
    {"socket", kInet4, kStream},
    {"socket", kInet6, kStream},
    {"socket", kInet4, kDatagram},
    {"socket", kInet6, kDatagram},
    {"bind"},
    {"connect"},
    {"recvfrom"},
    {"sendto"},
    {"writev"},  // c-ares, over TCP
    {"getsockopt", kSocketLevel, kError},
    {"setsockopt", kTcpLevel, kNoDelay},
    {"fcntl", kSetCloseOnExec},
    {"fcntl", kGetFlags},
    {"fcntl", kSetFlags},
    {"close"},

    // The resolver's files, opened by posternd.
    {"pread64"},

    // Memory, never executable.
    {"brk"},
    {"mmap", kNotExecutable},
    {"mremap"},
    {"munmap"},
    {"madvise"},

    // The last words.
    {"write", kStandardError},
    {"rt_sigreturn"},
    {"exit_group"},
#ifdef POSTERN_ADDRESS_SANITIZER
    {"sigaltstack"},  // AddressSanitizer asks for it before each _exit(2)
#endif
};

}  // namespace

std::span<const PermittedCall> LookupCalls() { return kCalls; }

}  // namespace postern::daemon
