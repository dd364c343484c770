// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/daemonize.h"

#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void StartReport::Ready() {
  if (!pipe_) return;
  sys::IgnoreError(sys::WriteAll(pipe_, "r"), "then nobody waits for it any more");
  pipe_.Reset();
  for (const int descriptor : {0, 1, 2}) {
    sys::IgnoreError(sys::PointAtDevNull(descriptor), "a terminal kept open does no harm");
  }
}

sys::Result<StartReport> Daemonize() {
  TRY(sys::Pipe pipe, sys::MakePipe(/*nonblocking=*/false));
  TRY(const sys::Forked forked, sys::Fork());
  if (forked.side == sys::Side::kParent) {
    pipe.write_end.Reset();
    const auto told = sys::ReadAll(pipe.read_end, 16);
    sys::ExitNow(told && *told == "r" ? 0 : 1);
  }
  TRY_STATUS(sys::StartSession());
  return StartReport(std::move(pipe.write_end));
}

}  // namespace postern::daemon
