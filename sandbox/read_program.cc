// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/read_program.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "sandbox/sys/files.h"
#include "sandbox/sys/host_process.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// In the child. Returns only when something failed, with errno set.
void BecomeProgram(const std::vector<std::string>& argv, const std::string& path, int output) {
  if (!sys::SetParentDeathSignal(SIGKILL)) return;
  if (!sys::PointAtDevNull(STDIN_FILENO) || ::dup2(output, STDOUT_FILENO) < 0) return;
  if (!sys::SetEnvironment("PATH", path)) return;
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
}

// Nothing is told by a program that runs: execve closed its end.
sys::Status AwaitExec(const sys::UniqueFd& report, const std::string& name) {
  int error = 0;
  TRY(const std::string told, sys::ReadAll(report, sizeof error));
  if (told.size() != sizeof error) return {};
  std::memcpy(&error, told.data(), sizeof error);
  return std::unexpected(sys::Error{"execve", error, name});
}

}  // namespace

sys::Result<ReadProgram> StartForReading(const std::vector<std::string>& argv,
                                         const std::string& path) {
  TRY_STATUS(sys::EnsureStandardDescriptors());
  TRY(sys::Pipe output, sys::MakePipe(/*nonblocking=*/false));
  TRY(sys::Pipe report, sys::MakePipe(/*nonblocking=*/false));
  TRY(const sys::Forked forked, sys::Fork());
  if (forked.side == sys::Side::kChild) {
    BecomeProgram(argv, path, output.write_end.get());
    const int error = errno;
    sys::ExitNow(::write(report.write_end.get(), &error, sizeof error) < 0 ? 126 : 127);
  }
  output.write_end.Reset();
  report.write_end.Reset();
  TRY(sys::UniqueFd pidfd, sys::OpenPidfd(forked.child));
  if (const auto executed = AwaitExec(report.read_end, argv.front()); !executed) {
    sys::IgnoreError(sys::AwaitPidfd(pidfd), "it is gone either way");
    return std::unexpected(executed.error());
  }
  return ReadProgram{std::move(pidfd), std::move(output.read_end)};
}

sys::Result<std::size_t> ReadOutput(const ReadProgram& program, std::span<char> buffer) {
  for (;;) {
    const ssize_t n = ::read(program.output.get(), buffer.data(), buffer.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return sys::LastError("read");
  }
}

}  // namespace postern::sandbox
