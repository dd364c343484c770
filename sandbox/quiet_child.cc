// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/quiet_child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "sandbox/sys/files.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {
namespace {

// No handler of the host may run in a child that is about to do work of ours.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

// 0 in the child. Like fork(2), less the exit signal and what libc does around it.
sys::Result<pid_t> CloneQuietly(sys::UniqueFd& pidfd) {
  int descriptor = -1;
  const long pid = ::syscall(SYS_clone, CLONE_PIDFD, nullptr, &descriptor, nullptr, nullptr);
  if (pid < 0) return sys::LastError("clone");
  if (pid > 0) pidfd = sys::UniqueFd(descriptor);
  return static_cast<pid_t>(pid);
}

// __WALL: a child without an exit signal is waited for by who asks for all kinds. How it ended is
// told by what it wrote.
void Await(const sys::UniqueFd& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | __WALL) != 0) {
    if (errno != EINTR) return;
  }
}

// The child may have ended already, and then there is nothing to kill.
void End(const sys::UniqueFd& pidfd) {
  sys::IgnoreError(sys::SignalPidfd(pidfd, SIGKILL), "it ended by itself");
  Await(pidfd);
}

// Appends what has come so far. True: that is all there will be.
sys::Result<bool> Drain(const sys::UniqueFd& from, std::size_t max_bytes, std::string& answer) {
  char buffer[1024];
  while (sys::AwaitReadable(from, sys::Deadline(std::chrono::milliseconds(0)))) {
    const ssize_t n = ::read(from.get(), buffer, sizeof buffer);
    if (n == 0) return true;
    if (n < 0 && errno != EINTR) return sys::LastError("read");
    if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
    if (answer.size() > max_bytes) return std::unexpected(sys::Error{"read", EFBIG, {}});
  }
  return false;
}

// Up to the end of the child, not that of the pipe: a child that another thread made meanwhile, for
// a question of its own or for the host, may hold the other end of ours for as long as it likes.
sys::Result<std::string> ReadAnswer(const sys::UniqueFd& from, const sys::UniqueFd& child,
                                    const sys::Deadline& deadline, std::size_t max_bytes) {
  std::string answer;
  for (;;) {
    TRY_STATUS(sys::AwaitEither(from, child, deadline));
    const auto ended = sys::AwaitReadable(child, sys::Deadline(std::chrono::milliseconds(0)));
    TRY(const bool whole, Drain(from, max_bytes, answer));
    if (whole || ended) return answer;
  }
}

[[noreturn]] void Work(const QuietWork& work, const sys::UniqueFd& answer) {
  // Without it a child stuck in a resolver would outlive the program that asked.
  if (sys::SetParentDeathSignal(SIGKILL)) work(answer);
  ::_exit(0);
}

// From here to the exec: only what is allowed between fork and exec in a program of threads.

constexpr int kReport = 3;

bool TakeShellDescriptors(int report) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return false;
  // The report first goes out of the way of the numbers that are about to be taken.
  const int away = ::fcntl(report, F_DUPFD_CLOEXEC, kReport + 1);
  const int null_away = ::fcntl(null, F_DUPFD_CLOEXEC, kReport + 1);
  if (away < 0 || null_away < 0 || ::dup3(away, kReport, O_CLOEXEC) < 0) return false;
  for (int target = 0; target < kReport; ++target) {
    if (::dup2(null_away, target) < 0) return false;
  }
  return static_cast<bool>(sys::CloseFrom(kReport + 1));
}

[[noreturn]] void ExecuteShell(const char* command, const sigset_t& mask) {
  struct sigaction action{};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGHUP, &action, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::execl("/bin/sh", "sh", "-c", command, nullptr);
  ::_exit(127);
}

// Stands between us and the shell: execve(2) gives a process the exit signal SIGCHLD back, so the
// shell must be somebody else's child.
[[noreturn]] void Supervise(const char* command, int report, const sigset_t& mask) {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &action, nullptr);
  if (!TakeShellDescriptors(report)) ::_exit(1);
  struct {
    pid_t pid;
    int status;
  } told{};
  told.pid = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (told.pid < 0) ::_exit(1);
  if (told.pid == 0) ExecuteShell(command, mask);
  while (::waitpid(told.pid, &told.status, 0) < 0) {
    if (errno != EINTR) ::_exit(1);
  }
  ::_exit(::write(kReport, &told, sizeof told) == sizeof told ? 0 : 1);
}

// Of a supervisor that has ended.
sys::Result<ShellEnd> ReadReport(const sys::UniqueFd& from) {
  struct {
    pid_t pid;
    int status;
  } told{};
  std::string bytes;
  TRY_STATUS(Drain(from, sizeof told, bytes));
  if (bytes.size() != sizeof told) return std::unexpected(sys::Error{"execve", ECHILD, "/bin/sh"});
  std::memcpy(&told, bytes.data(), sizeof told);
  ShellEnd end{told.pid, {}};
  if (WIFEXITED(told.status)) {
    end.exit.status = WEXITSTATUS(told.status);
  } else {
    end.exit.signal = WTERMSIG(told.status);
  }
  return end;
}

}  // namespace

sys::Result<std::string> AskQuietChild(const QuietWork& work, std::chrono::milliseconds deadline,
                                       std::size_t max_bytes) {
  TRY(sys::Pipe pipe, sys::MakePipe(/*nonblocking=*/false));
  sys::UniqueFd pidfd;
  {
    const BlockedSignals blocked;
    TRY(const pid_t pid, CloneQuietly(pidfd));
    if (pid == 0) {
      pipe.read_end.Reset();
      Work(work, pipe.write_end);
    }
  }
  pipe.write_end.Reset();
  auto answer = ReadAnswer(pipe.read_end, pidfd, sys::Deadline(deadline), max_bytes);
  End(pidfd);
  return answer;
}

sys::Result<ShellEnd> RunShellQuietly(const std::string& command) {
  TRY(sys::Pipe pipe, sys::MakePipe(/*nonblocking=*/false));
  sys::UniqueFd pidfd;
  {
    const BlockedSignals blocked;
    TRY(const pid_t pid, CloneQuietly(pidfd));
    if (pid == 0) Supervise(command.c_str(), pipe.write_end.get(), blocked.before());
  }
  pipe.write_end.Reset();
  Await(pidfd);
  return ReadReport(pipe.read_end);
}

}  // namespace postern::sandbox
