// SPDX-License-Identifier: BSD-2-Clause
// tcpd: stands in inetd.conf in the place of a daemon, and becomes it when the client may use it.
//
// DIAGNOSTICS: everything goes to syslog(3), facility daemon, under the daemon's name. Status 0
// also for a refusal and for a daemon that cannot be executed: inetd is not to take a refused
// client for a failing service.
#include <cstring>
#include <string>

#include "sandbox/sys/become_program.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/system_log.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/libwrap/abi.h"
#include "wrapper/tcpd/wrapped_program.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;

constexpr std::uint32_t kUmask = 022;
constexpr int kConnection = 0;

[[noreturn]] void GiveUp(request_info& request, const std::string& reason) {
  SystemLog().Write(kLogError, "error: " + reason);
  clean_exit(&request);
  sys::ExitNow(0);
}

// Returns only when the daemon cannot be executed.
void Wrap(char** words, const WrappedProgram& program) {
  request_info request;
  request_init(&request, RQ_DAEMON, program.name.c_str(), RQ_FILE, kConnection, 0);
  if (IsWrapperItself(program)) {
    GiveUp(request, program.path + " is tcpd itself: inetd.conf lacks the daemon's name");
  }
  sock_host(&request);
  fix_options(&request);
  if (hosts_access(&request) == 0) refuse(&request);
  SystemLog().Write(allow_severity, std::string("connect from ") + eval_client(&request) + " (" +
                                        eval_hostaddr(request.client) + ")");
  std::string name = program.name;
  words[0] = name.data();
  const auto become = sys::BecomeProgram(program.path, words);
  GiveUp(request, "cannot execute " + program.path + ": " + std::strerror(become.error().number));
}

int Main(int argc, char** argv) {
  if (argc < 1) return 1;
  sys::SetUmask(kUmask);
  const WrappedProgram program = ProgramBehind(argv[0], POSTERN_REAL_DAEMON_DIR);
  sys::OpenSystemLog(program.name);
  Wrap(argv, program);
  return 0;
}

}  // namespace
}  // namespace postern::wrapper

int main(int argc, char** argv) { return postern::wrapper::Main(argc, argv); }
