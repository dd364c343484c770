// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/helper.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sandbox/channel.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// In the child. Returns only when something failed, with errno set.
void BecomeHelper(const std::vector<std::string>& argv, int channel, int report) {
  if (!sys::PointAtDevNull(0) || !sys::PointAtDevNull(1)) return;
  // The report pipe may hold the channel's number: out of its way first.
  const int safe_report = ::fcntl(report, F_DUPFD_CLOEXEC, kHelperChannel + 1);
  const int safe_channel = ::fcntl(channel, F_DUPFD_CLOEXEC, kHelperChannel + 1);
  if (safe_report < 0 || safe_channel < 0) return;
  if (::dup2(safe_channel, kHelperChannel) < 0) return;
  sys::ResetSignalActions();
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) return;
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char* const environment[] = {nullptr};
  ::execve(words[0], words.data(), environment);
  const int error = errno;
  if (::write(safe_report, &error, sizeof error) < 0) return;
}

}  // namespace

sys::Result<Helper> StartHelper(const std::vector<std::string>& argv) {
  TRY(ChannelPair channel, MakeChannel());
  TRY(sys::Pipe report, sys::MakePipe(/*nonblocking=*/false));
  TRY(const sys::Forked forked, sys::Fork());
  if (forked.side == sys::Side::kChild) {
    BecomeHelper(argv, channel.theirs.get(), report.write_end.get());
    sys::ExitNow(127);
  }
  report.write_end.Reset();
  channel.theirs.Reset();
  TRY(sys::UniqueFd pidfd, sys::OpenPidfd(forked.child));
  int error = 0;
  // End of file is success: execve closed the child's end.
  if (::read(report.read_end.get(), &error, sizeof error) == sizeof error) {
    sys::IgnoreError(sys::ReapPidfd(pidfd), "a zombie at worst until we end");
    return std::unexpected(sys::Error{"execve", error, argv.front()});
  }
  return Helper{forked.child, std::move(pidfd), std::move(channel.ours)};
}

}  // namespace postern::sandbox
