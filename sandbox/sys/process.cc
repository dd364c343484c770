// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sandbox/sys/files.h"

namespace postern::sandbox::sys {

pid_t OwnPid() { return ::getpid(); }
bool IsRoot() { return ::geteuid() == 0; }

namespace {

Result<std::optional<Exit>> Reap(const UniqueFd& pidfd, int options) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | options) != 0) {
    return LastError("waitid");
  }
  if (info.si_pid == 0) return std::optional<Exit>{};
  Exit exit;
  (info.si_code == CLD_EXITED ? exit.status : exit.signal) = info.si_status;
  return std::optional<Exit>(exit);
}

}  // namespace

Result<std::optional<Exit>> ReapPidfd(const UniqueFd& pidfd) { return Reap(pidfd, WNOHANG); }

Result<Exit> AwaitPidfd(const UniqueFd& pidfd) {
  TRY(const auto exit, Reap(pidfd, 0));
  return exit.value_or(Exit{});
}

Result<bool> IsStopped(const UniqueFd& pidfd) {
  siginfo_t info{};
  constexpr int kOptions = WSTOPPED | WNOHANG | WNOWAIT;
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, kOptions) != 0) {
    return LastError("waitid");
  }
  return info.si_pid != 0;
}

Status SignalPidfd(const UniqueFd& pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0) {
    return LastError("pidfd_send_signal");
  }
  return {};
}

Result<UniqueFd> OpenPidfd(pid_t pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return LastError("pidfd_open");
  return pidfd;
}

Status EnsureStandardDescriptors() {
  for (;;) {
    const int fd = ::open("/dev/null", O_RDWR);
    if (fd < 0) return LastError("open", "/dev/null");
    if (fd > 2) {
      ::close(fd);
      return {};
    }
  }
}

Status CloseFrom(int first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0) return LastError("close_range");
  return {};
}

Result<std::vector<UniqueFd>> KeepOnly(int first, int count, int floor) {
  std::vector<UniqueFd> kept;
  for (int fd = first; fd < first + count; ++fd) {
    // The lowest free number from there on, so each is higher than the one before.
    kept.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, std::max(floor, first + count)));
    if (!kept.back()) return LastError("fcntl", "F_DUPFD_CLOEXEC");
  }
  int closed_up_to = 2;
  for (const UniqueFd& fd : kept) {
    const bool gap = fd.get() - 1 > closed_up_to;
    if (gap && ::syscall(SYS_close_range, closed_up_to + 1, fd.get() - 1, 0) != 0) {
      return LastError("close_range");
    }
    closed_up_to = fd.get();
  }
  TRY_STATUS(CloseFrom(closed_up_to + 1));
  return kept;
}

Status PointAtDevNull(int descriptor) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return LastError("open", "/dev/null");
  if (::dup2(null.get(), descriptor) < 0) return LastError("dup2", "/dev/null");
  return {};
}

Status ForbidInspection() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return LastError("prctl", "PR_SET_DUMPABLE");
  return {};
}

int SuidDumpable() {
  const auto text = ReadFile("/proc/sys/fs/suid_dumpable", 16);
  return text && !text->empty() ? text->front() - '0' : 0;
}

Status SetParentDeathSignal(int signal) {
  if (::prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0) return LastError("prctl", "PDEATHSIG");
  return {};
}

Status SetNoNewPrivileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return LastError("prctl", "NO_NEW_PRIVS");
  return {};
}

Status RaiseOpenFilesLimit(std::uint64_t at_least) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return LastError("getrlimit");
  if (limit.rlim_cur >= at_least) return {};
  rlimit wanted{std::max<rlim_t>(limit.rlim_cur, at_least),
                std::max<rlim_t>(limit.rlim_max, at_least)};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return {};
  wanted = {limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) != 0) return LastError("setrlimit", "RLIMIT_NOFILE");
  return {};
}

std::uint64_t OpenFilesLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

std::uint64_t OpenFilesHardLimit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 1024;
}

std::size_t UsableProcessors() {
  // As many as a kernel can be built for: it refuses a set that has no room for all of its own.
  constexpr std::size_t kMost = 8192;
  std::array<cpu_set_t, kMost / CPU_SETSIZE> set{};
  if (::sched_getaffinity(0, sizeof set, set.data()) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT_S(sizeof set, set.data()), 1));
}

int OwnPriority() { return ::getpriority(PRIO_PROCESS, 0); }
std::uint32_t OwnUid() { return ::geteuid(); }
std::uint32_t OwnGid() { return ::getegid(); }

static_assert(kLimitCpuSeconds == RLIMIT_CPU && kLimitFileSize == RLIMIT_FSIZE &&
              kLimitData == RLIMIT_DATA && kLimitStack == RLIMIT_STACK &&
              kLimitCore == RLIMIT_CORE && kLimitResident == RLIMIT_RSS &&
              kLimitProcesses == RLIMIT_NPROC && kLimitOpenFiles == RLIMIT_NOFILE &&
              kLimitLockedMemory == RLIMIT_MEMLOCK && kLimitFileLocks == RLIMIT_LOCKS &&
              kLimitPendingSignals == RLIMIT_SIGPENDING && kLimitMessageQueues == RLIMIT_MSGQUEUE &&
              kLimitNice == RLIMIT_NICE && kLimitRealtimePriority == RLIMIT_RTPRIO &&
              kLimitRealtimeMicroseconds == RLIMIT_RTTIME && kLimitAddressSpace == RLIMIT_AS &&
              kUnlimited == RLIM_INFINITY);

std::uint32_t OwnUmask() {
  const mode_t mask = ::umask(077);
  ::umask(mask);
  return mask;
}

std::vector<std::string> OwnEnvironment() {
  std::vector<std::string> words;
  for (char* const* word = ::environ; word != nullptr && *word != nullptr; ++word) {
    words.emplace_back(*word);
  }
  return words;
}

void SetUmask(std::uint32_t mask) { ::umask(mask); }

Status ChangeDirectory(const std::string& path) {
  if (::chdir(path.c_str()) != 0) return LastError("chdir", path);
  return {};
}

Result<Forked> Fork(PidView pids) {
  // glibc has no fork with flags. With one thread, and no handler of pthread_atfork(3) in what we
  // link, the bare call leaves nothing out.
  const long pid =
      pids == PidView::kOurs ? ::fork() : ::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) return LastError("fork");
  if (pid == 0) return Forked{Side::kChild};
  return Forked{Side::kParent, static_cast<pid_t>(pid)};
}

Status StartSession() {
  if (::setsid() < 0) return LastError("setsid");
  return {};
}

void ExitNow(int status) { ::_exit(status); }

Result<Pipe> MakePipe(bool nonblocking) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)) != 0) return LastError("pipe2");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace postern::sandbox::sys
