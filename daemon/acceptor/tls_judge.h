// SPDX-License-Identifier: BSD-2-Clause
// Whether a service's certificates and keys are good, before it is started with them.
//
// Asked are a postern-keys and a postern-tls of their own, which serve nobody: posternd reads none
// of the files, and the ones that serve are not given what may be bad. The wait is a plain one, at
// start, at a reload, or when a file has changed; it is bounded.
#pragma once

#include <expected>
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

  // The helpers are started with the first question. Numbers the setup as they are to know it, and
  // says in it how long its certificates are good yet.
  std::expected<void, TlsFlaw> Judge(TlsSetup& setup);

 private:
  sandbox::sys::Status Start();
  std::expected<void, TlsFlaw> JudgeKeys(TlsSetup& setup, const sandbox::sys::Deadline& deadline);
  std::expected<void, TlsFlaw> JudgeService(const TlsSetup& setup,
                                            const sandbox::sys::Deadline& deadline);
  // Whatever state they are in: the next question finds new helpers.
  TlsFlaw NotJudged(const TlsSetup& setup, const sandbox::sys::Error& error);

  const TlsCommands& commands_;
  sandbox::Helper keys_, tls_;
  TlsServiceId next_service_ = 1;
  KeyIndex next_key_ = 1;
};

}  // namespace postern::daemon
