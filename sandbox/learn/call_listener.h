// SPDX-License-Identifier: BSD-2-Clause
// The calls that wait for an answer (seccomp_unotify(2)), one after the other.
//
// A caller that was received waits until it is answered or dies (WAIT_KILLABLE_RECV), so it is
// received once for each call it makes. Its number stays its own as long as StillWaits() says so.
// What Proceed() lets pass is judged by registers alone: what they point to can still change.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct WaitingCall {
  std::uint64_t id = 0;
  pid_t caller = 0;  // a thread, as our pid namespace numbers it
  filter::CallFacts facts;
};

class CallListener {
 public:
  // Of InstallListeningFilter() (sandbox/confine/install_filter.h). Readable when a call waits.
  explicit CallListener(sys::UniqueFd listener) : listener_(std::move(listener)) {}

  int descriptor() const { return listener_.get(); }

  bool Waits() const;  // whether there is a call to receive
  // Nothing: the caller is gone, or was interrupted before.
  sys::Result<std::optional<WaitingCall>> Receive();
  bool StillWaits(const WaitingCall& call) const;
  // Both: nothing happens to a caller that is gone. `error` is an errno.
  sys::Status Proceed(const WaitingCall& call);
  sys::Status Refuse(const WaitingCall& call, int error);

 private:
  sys::UniqueFd listener_;
};

}  // namespace postern::sandbox
