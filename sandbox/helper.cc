// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/helper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/channel.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// In the child. Returns only when something failed, with errno set.
void BecomeHelper(const std::vector<std::string>& argv, int channel) {
  if (!sys::PointAtDevNull(0) || !sys::PointAtDevNull(1)) return;
  // A copy, since dup2 to its own number would leave it close-on-exec.
  const int safe_channel = ::fcntl(channel, F_DUPFD_CLOEXEC, kHelperChannel + 1);
  if (safe_channel < 0 || ::dup2(safe_channel, kHelperChannel) < 0) return;
  sys::ResetSignalActions();
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return;
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char* const environment[] = {nullptr};
  ::execve(words[0], words.data(), environment);
}

// In the child.
[[noreturn]] void RunHelper(const std::vector<std::string>& argv, int channel, int report) {
  // The report pipe may hold the channel's number: out of its way first.
  const int safe_report = ::fcntl(report, F_DUPFD_CLOEXEC, kHelperChannel + 1);
  if (safe_report >= 0) BecomeHelper(argv, channel);
  const int error = errno;
  // Untold, it is a helper that has ended at once.
  if (::write(safe_report < 0 ? report : safe_report, &error, sizeof error) < 0) sys::ExitNow(126);
  sys::ExitNow(127);
}

bool ReadableWithin(const sys::UniqueFd& fd, std::chrono::milliseconds patience) {
  const auto end = sys::BootTime() + patience;
  for (;;) {
    const auto left = std::max(end - sys::BootTime(), std::chrono::milliseconds(0));
    pollfd wait{fd.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready >= 0 || errno != EINTR) return ready == 1;
  }
}

// What the child tells about its way to execve: nothing when the program runs, since execve closed
// the child's end.
sys::Status AwaitExec(const sys::UniqueFd& report, const std::string& path,
                      std::chrono::milliseconds patience) {
  if (!ReadableWithin(report, patience)) {
    return std::unexpected(sys::Error{"execve", ETIMEDOUT, path});
  }
  int error = 0;
  if (::read(report.get(), &error, sizeof error) == sizeof error) {
    return std::unexpected(sys::Error{"execve", error, path});
  }
  return {};
}

void KillAndReap(const sys::UniqueFd& pidfd, std::chrono::milliseconds patience) {
  sys::IgnoreError(sys::SignalPidfd(pidfd, SIGKILL), "it may be dead already");
  if (!ReadableWithin(pidfd, patience)) return;
  sys::IgnoreError(sys::ReapPidfd(pidfd), "nobody else reaps it");
}

// The child's pidfd. Without one it could be neither watched nor killed later, so it ends here: it
// has not been waited for, so its number is still its own.
sys::Result<sys::UniqueFd> PidfdOf(pid_t child) {
  auto pidfd = sys::OpenPidfd(child);
  if (pidfd) return pidfd;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return pidfd;
}

}  // namespace

sys::Result<Helper> StartHelper(const std::vector<std::string>& argv,
                                std::chrono::milliseconds patience, sys::PidView pids) {
  TRY(ChannelPair channel, MakeChannel());
  TRY(sys::Pipe report, sys::MakePipe(/*nonblocking=*/false));
  TRY(const sys::Forked forked, sys::Fork(pids));
  if (forked.side == sys::Side::kChild) {
    RunHelper(argv, channel.theirs.get(), report.write_end.get());
  }
  report.write_end.Reset();
  channel.theirs.Reset();
  TRY(sys::UniqueFd pidfd, PidfdOf(forked.child));
  const auto executed = AwaitExec(report.read_end, argv.front(), patience);
  if (!executed) {
    KillAndReap(pidfd, patience);
    return std::unexpected(executed.error());
  }
  return Helper{forked.child, std::move(pidfd), std::move(channel.ours)};
}

}  // namespace postern::sandbox
