// SPDX-License-Identifier: BSD-2-Clause
// safe_finger: finger(1) for a `spawn` option: no privileges, no trust in what the other side says.
//
// DIAGNOSTICS: status 0 when finger succeeded, and also when it was ended after kDeadline; 1 when
// it failed or cannot be run.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "sandbox/confine/credentials.h"
#include "sandbox/read_program.h"
#include "sandbox/sys/accounts.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/wait.h"
#include "wrapper/tcpd/finger_filter.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;

constexpr std::chrono::seconds kDeadline{60};
constexpr std::uint32_t kNobody = 65534;

int Complain(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return 1;
}

sys::Status GiveUpRoot() {
  if (!sys::IsRoot()) return {};
  if (const auto nobody = sys::FindUser("nobody")) return sys::BecomeAccount("nobody", *nobody);
  return sandbox::BecomeUser({true, kNobody, kNobody, {}});
}

// Copies what finger says to our standard output, up to its end or to what the filter lets pass.
sys::Status Copy(const sandbox::ReadProgram& finger, const sys::Deadline& deadline) {
  FingerFilter filter;
  std::vector<char> buffer(4096);
  while (!filter.full()) {
    TRY_STATUS(sys::AwaitReadable(finger.output, deadline));
    TRY(const std::size_t got, sandbox::ReadOutput(finger, buffer));
    if (got == 0) break;
    const std::string text = filter.Filter({buffer.data(), got});
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) break;
  }
  return {};
}

int Finger(int argc, char** argv) {
  if (const auto given_up = GiveUpRoot(); !given_up) return Complain(given_up.error().ToString());
  std::vector<std::string> words = {"finger"};
  words.insert(words.end(), argv + 1, argv + argc);
  auto finger = sandbox::StartForReading(words, "/bin:/usr/bin:/sbin:/usr/sbin");
  if (!finger) {
    return Complain(finger.error().object + ": " + std::strerror(finger.error().number));
  }
  const sys::Deadline deadline(kDeadline);
  const auto copied = Copy(*finger, deadline);
  std::fflush(stdout);
  finger->output.Reset();  // what it still has to say is not wanted
  if (!copied || !sys::AwaitReadable(finger->pidfd, deadline)) {
    sys::IgnoreError(sys::SignalPidfd(finger->pidfd, SIGKILL), "it may have ended just so");
    return 0;
  }
  const auto end = sys::AwaitPidfd(finger->pidfd);
  return end && end->status == 0 ? 0 : 1;
}

}  // namespace
}  // namespace postern::wrapper

int main(int argc, char** argv) { return argc > 0 ? postern::wrapper::Finger(argc, argv) : 1; }
