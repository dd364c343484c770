// SPDX-License-Identifier: BSD-2-Clause
// postern-tls itself: one loop over posternd's requests and the sessions they started.
//
// One thread; nothing blocks but the wait for a signature (remote_signer.h). Each event moves a
// bounded burst. When Run() returns, every session is closed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/deadlines.h"
#include "daemon/helper_channel.h"
#include "daemon/tls/remote_signer.h"
#include "daemon/tls/tls_service.h"
#include "daemon/tls/tls_session.h"
#include "daemon/tls_protocol.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

struct TlsLimits {
  std::size_t descriptors = 1024;  // RLIMIT_NOFILE
  TlsSession::Patience patience;   // `idle` comes with each session
};

class TlsRelay {
 public:
  // Queues AnswerReady. OpenSSL must have the key provider, with this signer, which must outlive
  // it.
  static sandbox::sys::Result<std::unique_ptr<TlsRelay>> Make(sandbox::sys::UniqueFd channel,
                                                              RemoteSigner& signer,
                                                              const TlsLimits& limits);
  // For Make() alone.
  TlsRelay(HelperChannel channel, RemoteSigner& signer, const TlsLimits& limits);

  using State = HelperState;
  State Run();
  // One turn of the loop, waiting at most so long for something to happen.
  State Turn(std::chrono::milliseconds longest_wait);

 private:
  using Instant = TlsSession::Instant;
  using Serial = std::uint64_t;
  using Descriptors = std::span<sandbox::sys::UniqueFd>;
  // Not every credential of it has come.
  struct Incomplete {
    std::shared_ptr<TlsService> tls;  // null: OpenSSL does not take its settings
    std::size_t wanted = 0, come = 0;
    AnswerTlsService answer;
  };
  struct Entry {
    std::unique_ptr<TlsSession> session;
    bool unfinished = false;  // whether it stands in unfinished_
  };

  void ReadAsked();
  bool Dispatch(std::span<const std::byte> frame, Descriptors descriptors);
  bool DispatchToSession(std::span<const std::byte> frame);
  bool OnService(const AskTlsService& ask, Descriptors descriptors);
  bool OnCredential(const AskTlsCredential& ask, Descriptors descriptors);
  bool OnTls(const AskTls& ask, Descriptors descriptors);
  bool Tell(SessionId id, bool (TlsSession::*what)(Instant now));
  void Conclude(TlsServiceId id);
  void Refuse(SessionId id, TlsOutcome outcome);
  void Handle(const sandbox::sys::Event& event);
  void Settle(Serial serial, Entry& entry);
  void ContinueUnfinished();
  void ExpireDeadlines();
  void ExpireTickets();
  void Forget(TlsServiceId id);
  std::chrono::milliseconds NextWait(std::chrono::milliseconds longest) const;

  HelperChannel channel_;
  RemoteSigner& signer_;
  TlsLimits limits_;
  Instant now_{};
  std::map<TlsServiceId, Incomplete> incomplete_;
  std::map<TlsServiceId, std::shared_ptr<TlsService>> services_;
  Serial last_serial_ = 0;
  Deadlines deadlines_;
  Instant tickets_due_{};
  std::vector<Serial> unfinished_;
  std::unordered_map<SessionId, Serial> serials_;
  std::unordered_map<Serial, Entry> sessions_;  // last: sessions use what is above
};

}  // namespace postern::daemon
