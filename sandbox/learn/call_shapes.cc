// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/call_shapes.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

namespace postern::sandbox {
namespace {

constexpr std::uint64_t kLow32 = 0xffffffff;
constexpr std::uint64_t kSetIds = S_ISUID | S_ISGID;
constexpr std::uint64_t kWriteAndExecute = PROT_WRITE | PROT_EXEC;
constexpr std::uint64_t kMakesFile = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kPrSetVma = 0x53564d41;

struct Kept {
  std::uint32_t call = 0;
  std::uint8_t index = 0;
  std::uint64_t mask = 0;
  bool whether = false;  // 1 stands for anything but 0
};

constexpr Kept kKept[] = {
#if defined(SYS_chmod)
    {SYS_chmod, 1, kSetIds},
    {SYS_creat, 1, kSetIds},
    {SYS_mkdir, 1, kSetIds},
    {SYS_mknod, 1, kSetIds},
    {SYS_open, 1, kMakesFile},
    {SYS_open, 2, kSetIds},
#endif
    {SYS_clone, 0, kNewNamespaces},
    {SYS_fchmod, 1, kSetIds},
    {SYS_fchmodat, 2, kSetIds},
    {452, 2, kSetIds},  // fchmodat2, Linux 6.6
    {SYS_ioctl, 1, kLow32},
    {SYS_memfd_create, 1, kLow32},
    {SYS_mkdirat, 2, kSetIds},
    {SYS_mknodat, 2, kSetIds},
    {SYS_mmap, 2, kWriteAndExecute},
    {SYS_mprotect, 2, kWriteAndExecute},
    {SYS_openat, 2, kMakesFile},
    {SYS_openat, 3, kSetIds},
    {SYS_personality, 0, kLow32},
    {SYS_pkey_mprotect, 2, kWriteAndExecute},
    {SYS_prctl, 0, kLow32},
    {SYS_prlimit64, 0, kLow32},
    {SYS_prlimit64, 2, ~std::uint64_t{0}, true},
    {SYS_seccomp, 1, kLow32},
    {SYS_sendmmsg, 3, MSG_FASTOPEN},
    {SYS_sendmsg, 2, MSG_FASTOPEN},
    {SYS_sendto, 3, MSG_FASTOPEN},
    {SYS_setpriority, 0, kLow32},
    {SYS_setpriority, 1, kLow32},
    {SYS_setsockopt, 1, kLow32},
    {SYS_setsockopt, 2, kLow32},
    {SYS_setsockopt, 4, kLow32, true},
    {SYS_shmat, 2, SHM_EXEC},
    {SYS_socket, 0, kLow32},
    {SYS_socket, 1, kLow32},
    {SYS_socket, 2, kLow32},
    {SYS_socketpair, 0, kLow32},
    {SYS_socketpair, 1, kLow32},
    {SYS_socketpair, 2, kLow32},
};

// Those of one call stand together.
constexpr PathArgument kPaths[] = {
#if defined(SYS_open)
    {SYS_access, 0, -1, kLooks},
    {SYS_chmod, 0, -1, kWrites},
    {SYS_chown, 0, -1, kWrites},
    {SYS_creat, 0, -1, kWrites | kCreates},
    {SYS_lchown, 0, -1, kWrites},
    {SYS_link, 0, -1, kReads},
    {SYS_link, 1, -1, kMakes},
    {SYS_lstat, 0, -1, kLooks},
    {SYS_mkdir, 0, -1, kMakes},
    {SYS_mknod, 0, -1, kMakes},
    {SYS_open, 0, -1, 0},
    {SYS_readlink, 0, -1, kLooks},
    {SYS_rename, 0, -1, kMakes},
    {SYS_rename, 1, -1, kMakes},
    {SYS_renameat, 1, 0, kMakes},
    {SYS_renameat, 3, 2, kMakes},
    {SYS_rmdir, 0, -1, kMakes},
    {SYS_stat, 0, -1, kLooks},
    {SYS_symlink, 1, -1, kMakes},
    {SYS_unlink, 0, -1, kMakes},
    {SYS_utime, 0, -1, kWrites},
    {SYS_utimes, 0, -1, kWrites},
#endif
    {SYS_acct, 0, -1, kWrites},
    {SYS_chdir, 0, -1, kReads},
    {SYS_chroot, 0, -1, kReads},
    {SYS_execve, 0, -1, kExecutes},
    {SYS_execveat, 1, 0, kExecutes},
    {SYS_faccessat, 1, 0, kLooks},
    {SYS_faccessat2, 1, 0, kLooks},
    {SYS_fchmodat, 1, 0, kWrites},
    {SYS_fchownat, 1, 0, kWrites},
    {SYS_getxattr, 0, -1, kLooks},
    {SYS_inotify_add_watch, 1, -1, kReads},
    {SYS_lgetxattr, 0, -1, kLooks},
    {SYS_linkat, 1, 0, kReads},
    {SYS_linkat, 3, 2, kMakes},
    {SYS_listxattr, 0, -1, kLooks},
    {SYS_llistxattr, 0, -1, kLooks},
    {SYS_lsetxattr, 0, -1, kWrites},
    {SYS_mkdirat, 1, 0, kMakes},
    {SYS_mknodat, 1, 0, kMakes},
    {SYS_newfstatat, 1, 0, kLooks},
    {SYS_openat, 1, 0, 0},
    {SYS_readlinkat, 1, 0, kLooks},
    {SYS_renameat2, 1, 0, kMakes},
    {SYS_renameat2, 3, 2, kMakes},
    {SYS_setxattr, 0, -1, kWrites},
    {SYS_statfs, 0, -1, kLooks},
    {SYS_statx, 1, 0, kLooks},
    {SYS_symlinkat, 2, 1, kMakes},
    {SYS_truncate, 0, -1, kWrites},
    {SYS_unlinkat, 1, 0, kMakes},
    {SYS_utimensat, 1, 0, kWrites},
};

constexpr std::uint32_t kMakers[] = {
#if defined(SYS_open)
    SYS_creat,      SYS_dup2,          SYS_epoll_create,  SYS_eventfd,      SYS_inotify_init,
    SYS_open,       SYS_pipe,          SYS_signalfd,
#endif
    SYS_accept,     SYS_accept4,       SYS_dup,           SYS_dup3,         SYS_epoll_create1,
    SYS_eventfd2,   SYS_fcntl,         SYS_inotify_init1, SYS_memfd_create, SYS_openat,
    SYS_pidfd_open, SYS_pipe2,         SYS_recvmsg,       SYS_signalfd4,    SYS_socket,
    SYS_socketpair, SYS_timerfd_create};

}  // namespace

CallArguments KeptArguments(std::uint32_t call, const CallArguments& arguments) {
  CallArguments kept{};
  for (const Kept& row : kKept) {
    if (row.call != call) continue;
    const std::uint64_t value = arguments[row.index] & row.mask;
    kept[row.index] = row.whether ? static_cast<std::uint64_t>(value != 0) : value;
  }
  // The one option of which a second argument is asked about.
  if (call == SYS_prctl && kept[0] == kPrSetVma) kept[1] = arguments[1];
  return kept;
}

bool HasKeptArguments(std::uint32_t call) {
  return std::ranges::find(kKept, call, &Kept::call) != std::end(kKept);
}

std::span<const PathArgument> PathsOf(std::uint32_t call) {
  const std::span<const PathArgument> all(kPaths);
  const auto begin = std::ranges::find(all, call, &PathArgument::call);
  const auto end = std::find_if(begin, all.end(),
                                [call](const PathArgument& path) { return path.call != call; });
  return {begin, end};
}

FileUse UseOf(const PathArgument& path, const CallArguments& arguments) {
  if (path.use != 0) return path.use;
  const std::uint64_t flags = arguments[path.path + 1U];
  if ((flags & O_PATH) != 0) return kLooks;
  FileUse use = 0;
  const std::uint64_t mode = flags & O_ACCMODE;
  if (mode != O_WRONLY) use |= kReads;
  if (mode != O_RDONLY || (flags & O_TRUNC) != 0) use |= kWrites;
  if ((flags & kMakesFile) != 0) use |= kCreates;
  return use;
}

bool MakesDescriptor(std::uint32_t call) {
  return std::ranges::find(kMakers, call) != std::end(kMakers);
}

}  // namespace postern::sandbox
