// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/inspect/read_filters.h"

#include <linux/filter.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include <string>

namespace postern::sandbox {
namespace {

// Held while it is looked at; let go of in any case, with the signal that it was about to get.
class Tracee {
 public:
  explicit Tracee(pid_t pid) : pid_(pid) {}
  ~Tracee() { ::ptrace(PTRACE_DETACH, pid_, nullptr, signal_); }
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  // Whatever stops it will do.
  sys::Status Stop(const sys::Deadline& deadline) {
    if (::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) != 0) return sys::LastError("ptrace");
    for (;;) {
      int status = 0;
      const pid_t told = ::waitpid(pid_, &status, __WALL | WNOHANG);
      if (told < 0 && errno != EINTR) return sys::LastError("waitpid");
      if (told == pid_) return Stopped(status);
      if (deadline.left().count() == 0) return std::unexpected(sys::Error{"ptrace", ETIMEDOUT, {}});
      constexpr timespec kPause{0, 200'000};
      ::nanosleep(&kPause, nullptr);
    }
  }

  // False: there is none of this index.
  sys::Result<bool> Append(std::size_t index, std::vector<FilterProgram>& filters) const {
    const long length = Ask(index, nullptr);
    if (length < 0 && errno == ENOENT) return false;
    if (length < 0) return sys::LastError("ptrace");
    std::vector<sock_filter> instructions(static_cast<std::size_t>(length));
    if (Ask(index, instructions.data()) != length) return sys::LastError("ptrace");
    FilterProgram& program = filters.emplace_back();
    for (const sock_filter& one : instructions)
      program.push_back({one.code, one.jt, one.jf, one.k});
    return true;
  }

 private:
  sys::Status Stopped(int status) {
    if (!WIFSTOPPED(status)) return std::unexpected(sys::Error{"waitpid", ESRCH, {}});
    constexpr int kEventShift = 16;
    // Without an event, it is about to be given this signal.
    if ((status >> kEventShift) == 0) signal_ = WSTOPSIG(status);
    return {};
  }
  long Ask(std::size_t index, sock_filter* into) const {
    return ::ptrace(static_cast<__ptrace_request>(PTRACE_SECCOMP_GET_FILTER), pid_, index, into);
  }

  pid_t pid_;
  long signal_ = 0;
};

sys::Result<std::vector<FilterProgram>> ReadAttached(pid_t pid, const sys::Deadline& deadline) {
  Tracee tracee(pid);
  TRY_STATUS(tracee.Stop(deadline));
  std::vector<FilterProgram> filters;
  for (;;) {
    TRY(const bool more, tracee.Append(filters.size(), filters));
    if (!more) return filters;
  }
}

}  // namespace

sys::Result<std::vector<FilterProgram>> ReadFilters(pid_t pid, const sys::Deadline& deadline) {
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) {
    return sys::LastError("ptrace", std::to_string(pid));
  }
  auto filters = ReadAttached(pid, deadline);
  if (!filters) filters.error().object = std::to_string(pid);
  return filters;
}

}  // namespace postern::sandbox
