// SPDX-License-Identifier: BSD-2-Clause
// postern-keys itself: one loop over what posternd asks on its channel and postern-tls on the edge.
//
// One thread; nothing blocks. A signature takes what the algorithm takes, and nobody else waits for
// anything but signatures.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

#include "daemon/helper_channel.h"
#include "daemon/keys/private_key.h"
#include "daemon/keys_protocol.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class KeyKeeper {
 public:
  // Queues AnswerReady.
  static sandbox::sys::Result<std::unique_ptr<KeyKeeper>> Make(sandbox::sys::UniqueFd channel);
  // For Make() alone.
  explicit KeyKeeper(HelperChannel channel) : channel_(std::move(channel)) {}

  using State = HelperState;
  State Run();
  // One turn of the loop, waiting at most so long for something to happen.
  State Turn(std::chrono::milliseconds longest_wait);

  std::size_t keys() const { return keys_.size(); }

 private:
  using Instant = std::chrono::milliseconds;
  using Descriptors = std::span<sandbox::sys::UniqueFd>;
  struct Allowance {
    KeyIndex first_key = 0;
    std::uint32_t key_count = 0;
  };

  void ReadChannel();
  bool Dispatch(std::span<const std::byte> frame, Descriptors descriptors);
  bool OnKey(const AskKey& ask, Descriptors descriptors);
  bool OnEdge(const AskEdge& ask, Descriptors descriptors);
  bool OnAllow(const AskAllow& ask);
  void ReadEdge();
  void OnSign(const AskSign& ask);
  // The key, when the session may have it used now; its allowance is spent then.
  PrivateKey* Spend(const AskSign& ask);
  void Expire();
  void OnGarbage();
  void DropEdge();

  HelperChannel channel_;
  sandbox::sys::UniqueFd edge_;
  SessionId edge_number_ = 0;
  std::map<KeyIndex, PrivateKey> keys_;
  std::unordered_map<SessionId, Allowance> allowed_;
  std::multimap<Instant, SessionId> expiries_;
};

}  // namespace postern::daemon
