// SPDX-License-Identifier: BSD-2-Clause
// The relay itself: one loop over posternd's requests and the sessions they started.
//
// One thread; nothing blocks. Each event moves one bounded burst, so a client that floods, or never
// reads, delays the others by microseconds. When Run() returns, every session is closed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "daemon/deadlines.h"
#include "daemon/helper_channel.h"
#include "daemon/protocol.h"
#include "daemon/relay/datagram_service.h"
#include "daemon/relay/descriptor_budget.h"
#include "daemon/relay/mux_table.h"
#include "daemon/relay/session.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

struct RelayLimits {
  std::size_t descriptors = 1024;  // RLIMIT_NOFILE
  std::chrono::milliseconds banner{std::chrono::seconds(kBannerDeadlineSeconds)};
  std::chrono::milliseconds mux_name{std::chrono::seconds(kMuxDeadlineSeconds)};
  std::chrono::milliseconds proxy_header{std::chrono::seconds(kProxyDeadlineSeconds)};
  std::chrono::milliseconds connect{std::chrono::seconds(30)};
  std::chrono::milliseconds flush{std::chrono::minutes(5)};
};

class Relay {
 public:
  // Makes everything that needs making and queues AnswerReady.
  static sandbox::sys::Result<std::unique_ptr<Relay>> Make(sandbox::sys::UniqueFd channel,
                                                           const RelayLimits& limits);
  // For Make() alone.
  Relay(HelperChannel channel, const RelayLimits& limits);

  using State = HelperState;
  State Run();
  // One turn of the loop, waiting at most so long for something to happen.
  State Turn(std::chrono::milliseconds longest_wait);

 private:
  using Descriptors = std::span<sandbox::sys::UniqueFd>;
  using Serial = std::uint64_t;
  struct Entry {
    std::unique_ptr<Session> session;
    DescriptorBudget::Lease lease;
  };
  struct Permit;
  static const Permit kPermits[];

  void ReadAsked();
  bool Dispatch(std::span<const std::byte> frame, Descriptors descriptors);
  bool OnMuxClear(const AskMuxClear& ask, Descriptors descriptors);
  bool OnMuxName(const AskMuxName& ask, Descriptors descriptors);
  bool OnServe(const AskServe& ask, Descriptors descriptors);
  bool OnRedirect(const AskRedirect& ask, Descriptors descriptors);
  bool OnSplice(const AskSplice& ask, Descriptors descriptors);
  bool OnMux(const AskMux& ask, Descriptors descriptors);
  bool OnProxy(const AskProxy& ask, Descriptors descriptors);
  bool OnBanner(const AskBanner& ask, Descriptors descriptors);
  bool OnDatagram(const AskDatagram& ask, Descriptors descriptors);
  bool OnStop(const AskStop& ask, Descriptors descriptors);

  // Starts what `make` makes of the seat, when there is room. False: the session exists already.
  template <typename MakeSession>
  bool Begin(SessionId id, sandbox::sys::UniqueFd client, std::size_t descriptors,
             const MakeSession& make);
  void Handle(const sandbox::sys::Event& event);
  void Settle(Serial serial, Entry& entry);
  void ExpireDeadlines();

  HelperChannel channel_;
  RelayLimits limits_;
  Session::Instant now_{};
  DescriptorBudget budget_;
  MuxTable mux_names_;
  DatagramService datagrams_;
  Serial last_serial_ = 0;
  Deadlines deadlines_;
  std::unordered_map<SessionId, Serial> serials_;
  std::unordered_map<Serial, Entry> sessions_;  // last: sessions use what is above
};

}  // namespace postern::daemon
