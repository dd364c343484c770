// SPDX-License-Identifier: BSD-2-Clause
// One TLS client and the service's end of a socketpair: a handshake, then bytes both ways.
//
// Each direction ends by itself. A close_notify of the client becomes an end of file for the
// service, once everything before it has been delivered; the service's end of file becomes a
// close_notify, and what the client still sends is still carried. A client that is gone without a
// close_notify may not have meant to stop there (RFC 8446 section 6.1): the session ends, and the
// service finds both directions closed. The other way round it is the same: a service that was
// broken off ends without a close_notify.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "daemon/tls/client_bio.h"
#include "daemon/tls/remote_signer.h"
#include "daemon/tls/starttls.h"
#include "daemon/tls/tls_service.h"
#include "daemon/tls_protocol.h"
#include "daemon/watched_fd.h"

namespace postern::daemon {

class TlsSession {
 public:
  using Instant = std::chrono::milliseconds;
  enum class Side : std::uint8_t { kClient, kService };
  struct Patience {
    std::optional<std::chrono::milliseconds> idle;              // with both, after the handshake
    std::chrono::milliseconds flush{std::chrono::minutes(5)};   // with the client, the service gone
    std::chrono::milliseconds linger{std::chrono::seconds(5)};  // with its close_notify
  };
  // What a session is made of: tokens are `token` for the client and `token` + 1 for the service.
  struct Seat {
    SessionId id = 0;
    sandbox::sys::UniqueFd client, service;
    sandbox::sys::Poller* poller = nullptr;
    std::uint64_t token = 0;
    RemoteSigner* signer = nullptr;
    std::unique_ptr<StartTlsDialogue> dialogue = {};  // null: the handshake comes first
  };
  TlsSession(Seat seat, std::shared_ptr<const TlsService> service, const Patience& patience);

  void Start(Instant now);
  void OnReady(Side side, std::uint32_t ready, Instant now);
  void OnDeadline(Instant now);
  void Continue(Instant now);
  // The service says no more than it has said, and that is not all.
  bool Truncate(Instant now);
  // False when there is nobody to be admitted.
  bool Admit(Instant now);
  // False when there is nobody to be refused.
  bool Refuse(Instant now);

  bool over() const { return over_; }
  // More can be done at once, and no event will say so.
  bool unfinished() const { return unfinished_ && !over_; }
  std::optional<Instant> deadline() const { return over_ ? std::nullopt : deadline_; }
  // Once, after the handshake; null otherwise.
  std::unique_ptr<const AnswerTls> TakeHandshake() { return std::move(handshake_); }
  const AnswerTlsDone& done() const { return done_; }
  SessionId id() const { return id_; }

 private:
  struct Flow {
    std::unique_ptr<std::byte[]> buffer;
    std::size_t start = 0, held = 0;
    bool ended = false;  // the source has no more
    bool done = false;   // and everything was delivered, or nobody wants it
    std::uint64_t bytes = 0;
    bool wants_source() const { return !done && !ended && held == 0; }
  };
  enum class Step : std::uint8_t { kMoved, kWaits, kFailed };

  void BeginHandshake(Instant now);
  void TalkPlainly(Instant now);  // plain_talk.cc
  void EndPlainly(Instant now);
  void WatchPlainly();
  void Upgrade(Instant now);
  void Shake(Instant now);
  void BeginToServe(Instant now);
  bool served() const { return shaken_ && admitted_; }
  void Move(Instant now);
  bool Carry(Instant now);  // false when the client is gone, as below
  Step MoveIn();
  Step MoveOut();
  Step ReadFromClient(std::span<std::byte> buffer, std::size_t& count);
  Step FillFromClient();
  Step DropFromClient();
  Step DrainToService();
  Step FillFromService();
  Step DrainToClient();
  Step EndToClient();
  bool SendHeld(bool more);
  // What a call of OpenSSL that did not succeed has to wait for.
  Step Judge(int result);
  bool truncated() const { return outcome_ == TlsOutcome::kTruncated; }
  void EndSession() { Finish(outcome_); }
  void Linger(Instant now);
  void Watch();
  std::optional<Instant> Due() const;
  void Finish(TlsOutcome outcome, TlsFault fault = TlsFault::kNone);

  SessionId id_;
  RemoteSigner* signer_;
  std::shared_ptr<const TlsService> tls_;
  Patience patience_;
  WatchedFd client_, service_;
  std::unique_ptr<StartTlsDialogue> dialogue_;
  ClientBio wire_;
  Connection connection_;  // uses the wire
  Flow in_, out_;          // in: client to service
  std::uint32_t client_wants_ = 0, service_wants_ = 0;
  Instant last_moved_{};
  std::optional<Instant> deadline_;
  TlsOutcome outcome_ = TlsOutcome::kFinished;  // unless something else ends it
  bool admitted_;  // as far as postern-tls has to know: what is carried, posternd has let in
  bool shaken_ = false, service_gone_ = false, lingers_ = false, unfinished_ = false, over_ = false;
  std::unique_ptr<const AnswerTls> handshake_;
  AnswerTlsDone done_;
};

}  // namespace postern::daemon
