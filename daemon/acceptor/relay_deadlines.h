// SPDX-License-Identifier: BSD-2-Clause
// By when postern-relay has to answer for what it was asked.
//
// The relay's own deadlines, for clients that dawdle, end before these: only a relay that is itself
// at fault lets one pass. It is asked to stop the session then, which is all that one stuck
// session, or a machine that slept, takes. When no answer comes to that either, the relay has
// failed: it is killed, what it had in flight is refused, and another is started.
#pragma once

#include <chrono>
#include <unordered_map>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/protocol.h"

namespace postern::daemon {

struct RelayPatience {
  std::chrono::milliseconds banner{std::chrono::seconds(kBannerDeadlineSeconds + 10)};
  std::chrono::milliseconds mux{std::chrono::seconds(kMuxDeadlineSeconds + 10)};
  std::chrono::milliseconds datagram{std::chrono::seconds(10)};
  std::chrono::milliseconds stop{std::chrono::seconds(10)};
  std::chrono::milliseconds splice{std::chrono::seconds(10)};  // to take it
  std::chrono::milliseconds proxy{std::chrono::seconds(kProxyDeadlineSeconds + 10)};
};

class RelayDeadlines {
 public:
  RelayDeadlines(EventLoop& loop, RelayClient& relay, std::chrono::milliseconds stop_patience)
      : loop_(loop), relay_(relay), stop_patience_(stop_patience) {}
  ~RelayDeadlines() { Clear(); }
  RelayDeadlines(const RelayDeadlines&) = delete;
  RelayDeadlines& operator=(const RelayDeadlines&) = delete;

  // An answer about the session has to come within that time; replaces an earlier deadline.
  void Expect(SessionId id, std::chrono::milliseconds within);
  // Asks for the session's end before its deadline.
  void Stop(SessionId id);
  // It came, or is not waited for any more. Nothing when none was expected.
  void Answered(SessionId id);
  void Clear();  // the relay is gone

 private:
  template <typename Action>
  void Arm(SessionId id, std::chrono::milliseconds delay, Action action);

  EventLoop& loop_;
  RelayClient& relay_;
  std::chrono::milliseconds stop_patience_;
  std::unordered_map<SessionId, EventLoop::TimerId> timers_;
};

}  // namespace postern::daemon
