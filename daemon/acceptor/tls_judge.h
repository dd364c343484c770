// SPDX-License-Identifier: BSD-2-Clause
// Whether a service's certificates and keys are good, before it is started with them.
//
// Asked are a postern-keys and a postern-tls of their own, which serve nobody: posternd reads none
// of the files, and the ones that serve are not given what may be bad. The wait is a plain one, at
// start, at a reload, or when a file has changed; it is bounded.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "daemon/acceptor/tls_setup.h"
#include "sandbox/helper.h"
#include "sandbox/sys/wait.h"

namespace postern::daemon {

struct TlsCommands {
  std::vector<std::string> keys, tls;  // argv of each
};

class TlsJudge {
 public:
  explicit TlsJudge(const TlsCommands& commands) : commands_(commands) {}
  ~TlsJudge();
  TlsJudge(const TlsJudge&) = delete;
  TlsJudge& operator=(const TlsJudge&) = delete;

  // Adds all that is wrong. What is not open is not judged, and the rest is: without its key, a
  // certificate is. The helpers are started with the first question, and anew when one has failed.
  void Judge(TlsCandidate& candidate);

 private:
  sandbox::sys::Status Start();
  sandbox::sys::Status JudgeAll(TlsCandidate& candidate);
  // Of whose keys it has been said that they are too weak, or of no kind that is served.
  sandbox::sys::Result<std::set<std::size_t>> JudgeKeys(TlsCandidate& candidate,
                                                        const sandbox::sys::Deadline& deadline);
  sandbox::sys::Status JudgeService(TlsCandidate& candidate, const std::set<std::size_t>& weak,
                                    const sandbox::sys::Deadline& deadline);

  const TlsCommands& commands_;
  sandbox::Helper keys_, tls_;
  TlsServiceId next_service_ = 1;
  KeyIndex next_key_ = 1;
};

}  // namespace postern::daemon
