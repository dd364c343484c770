// SPDX-License-Identifier: BSD-2-Clause
// Who hears what postern-tls says of its sessions.
#pragma once

#include <set>

#include "daemon/tls_protocol.h"

namespace postern::daemon {

// False means that the session is not one that may be spoken of now: garbage.
class TlsAnswers {
 public:
  virtual bool OnTls(const AnswerTls& answer) = 0;
  virtual bool OnTlsDone(const AnswerTlsDone& answer) = 0;
  virtual void OnTlsLost(
      const std::set<SessionId>& lost) = 0;  // with the postern-tls that had them

 protected:
  ~TlsAnswers() = default;
};

}  // namespace postern::daemon
