// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/helper_calls.h"

#include "daemon/address_sanitizer.h"

namespace postern::daemon {
namespace {

using sandbox::PermittedCall;

constexpr PermittedCall kOfAll[] = {
    // Waiting.
    {"epoll_wait"},
    {"epoll_pwait"},
    {"epoll_ctl"},
    {"clock_gettime"},  // where the vDSO does not answer
    {"restart_syscall"},

    // The channel, and the files that posternd opened.
    {"recvmsg"},
    {"sendmsg"},
    {"pread64"},
    {"close"},

    // Memory, never executable.
    {"brk"},
    {"mmap", argument::kNotExecutable},
    {"mremap"},
    {"munmap"},
    {"madvise"},

    // The last words.
    {"write", argument::kStandardError},
    {"writev", argument::kStandardError},
    {"rt_sigreturn"},
    {"exit_group"},
#ifdef POSTERN_ADDRESS_SANITIZER
    {"sigaltstack"},  // AddressSanitizer asks for it before each _exit(2)
#endif
};

}  // namespace

std::vector<PermittedCall> HelperCalls(std::initializer_list<PermittedCall> own) {
  std::vector<PermittedCall> calls(std::begin(kOfAll), std::end(kOfAll));
  calls.insert(calls.end(), own);
  return calls;
}

}  // namespace postern::daemon
