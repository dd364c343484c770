// SPDX-License-Identifier: BSD-2-Clause
// Processes: identity, ends of children, descriptors inherited at birth.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

pid_t OwnPid();
bool IsRoot();  // effective user id 0
std::uint32_t OwnUid();
std::uint32_t OwnGid();

// How a child ended. Exactly one of the two is set.
struct Exit {
  std::optional<int> status;
  std::optional<int> signal;
};
// Reaps the child behind a pidfd; nullopt while it runs (waitid(2), P_PIDFD).
Result<std::optional<Exit>> ReapPidfd(const UniqueFd& pidfd);
Result<Exit> AwaitPidfd(const UniqueFd& pidfd);  // the same, waiting for the end
// Whether a child is stopped by a signal now; nothing is reaped.
Result<bool> IsStopped(const UniqueFd& pidfd);
Status SignalPidfd(const UniqueFd& pidfd, int signal);
Result<UniqueFd> OpenPidfd(pid_t pid);

// Makes descriptors 0, 1 and 2 exist (on /dev/null), so that none of ours ever lands there.
Status EnsureStandardDescriptors();
// Closes everything from `first` on; close_range(2), whatever the limit.
Status CloseFrom(int first);
// Moves what starts at descriptor `first` to numbers from `floor` on, close-on-exec, and closes
// every other descriptor above 2. For sockets a service manager left us (sd_listen_fds(3)).
Result<std::vector<UniqueFd>> KeepOnly(int first, int count, int floor);
Status PointAtDevNull(int descriptor);  // 0, 1 or 2

// No core dump, no ptrace, no /proc/self/mem for others (PR_SET_DUMPABLE 0).
Status ForbidInspection();
// The value of fs.suid_dumpable; 0 when it cannot be read.
int SuidDumpable();
Status SetParentDeathSignal(int signal);
Status SetNoNewPrivileges();

Status RaiseOpenFilesLimit(std::uint64_t at_least);  // both limits, as far as allowed
std::uint64_t OpenFilesLimit();                      // the soft limit
std::uint64_t OpenFilesHardLimit();
std::size_t UsableProcessors();  // that we may run on, sched_getaffinity(2); at least 1
int OwnPriority();               // -20..19, getpriority(2)
std::uint32_t OwnUmask();
std::vector<std::string> OwnEnvironment();  // NAME=VALUE words
void SetUmask(std::uint32_t mask);
Status ChangeDirectory(const std::string& path);

// fork(2), in a process with one thread, for daemonising and for helpers. kNewPids: the child is
// the init of a pid namespace of its own (pid_namespaces(7)); needs CAP_SYS_ADMIN.
enum class PidView : std::uint8_t { kOurs, kNewPids };
enum class Side : std::uint8_t { kParent, kChild };
struct Forked {
  Side side;
  pid_t child = 0;  // on the parent's side
};
Result<Forked> Fork(PidView pids = PidView::kOurs);
Status StartSession();                  // setsid(2)
[[noreturn]] void ExitNow(int status);  // _exit(2)

// Numbers of setrlimit(2), under our own names so that <sys/resource.h> stays in here.
inline constexpr int kLimitCpuSeconds = 0;                      // RLIMIT_CPU
inline constexpr int kLimitFileSize = 1;                        // RLIMIT_FSIZE
inline constexpr int kLimitData = 2;                            // RLIMIT_DATA
inline constexpr int kLimitStack = 3;                           // RLIMIT_STACK
inline constexpr int kLimitCore = 4;                            // RLIMIT_CORE
inline constexpr int kLimitResident = 5;                        // RLIMIT_RSS
inline constexpr int kLimitProcesses = 6;                       // RLIMIT_NPROC
inline constexpr int kLimitOpenFiles = 7;                       // RLIMIT_NOFILE
inline constexpr int kLimitLockedMemory = 8;                    // RLIMIT_MEMLOCK
inline constexpr int kLimitAddressSpace = 9;                    // RLIMIT_AS
inline constexpr int kLimitFileLocks = 10;                      // RLIMIT_LOCKS
inline constexpr int kLimitPendingSignals = 11;                 // RLIMIT_SIGPENDING
inline constexpr int kLimitMessageQueues = 12;                  // RLIMIT_MSGQUEUE
inline constexpr int kLimitNice = 13;                           // RLIMIT_NICE
inline constexpr int kLimitRealtimePriority = 14;               // RLIMIT_RTPRIO
inline constexpr int kLimitRealtimeMicroseconds = 15;           // RLIMIT_RTTIME
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};  // RLIM_INFINITY

struct Pipe {
  UniqueFd read_end, write_end;
};
Result<Pipe> MakePipe(bool nonblocking);

}  // namespace postern::sandbox::sys
