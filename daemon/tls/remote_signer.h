// SPDX-License-Identifier: BSD-2-Clause
// postern-tls' side of the edge to postern-keys: asks for one signature and waits for it.
//
// The wait is a plain one, in which nobody else is served. Each handshake asks once, and waits for
// what the signature takes on one processor or another; the way to postern-keys and back adds 0.025
// to 0.045 ms to a handshake of 0.6 to 0.8 ms. OpenSSL's jobs (ASYNC_start_job(3)) would let others
// be served meanwhile, but need a stack each, swapped by hand, in the process that reads what
// strangers send; on one processor they were no faster. What does not answer in kPatience is given
// up, for all, until there is a new edge: so a stuck postern-keys costs one wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/keys_protocol.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class RemoteSigner {
 public:
  static constexpr std::chrono::milliseconds kPatience{2000};

  // Whose handshake is at work from now on.
  void SetSession(SessionId session) { session_ = session; }
  void SetEdge(sandbox::sys::UniqueFd edge);

  // Empty: refused, or there is no postern-keys.
  std::vector<std::uint8_t> Sign(KeyIndex key, std::uint32_t scheme,
                                 std::span<const std::uint8_t> message);

  // Whether a signature was not had since the last time somebody asked.
  bool TakeFailure();
  // The same: whether postern-keys lives, and has not answered in time, or not what was asked.
  bool TakeStuck();

 private:
  bool Exchange(const AskSign& ask, AnswerSign& answer);

  sandbox::sys::UniqueFd edge_;
  SessionId session_ = 0;
  bool failed_ = false, stuck_ = false;
};

}  // namespace postern::daemon
