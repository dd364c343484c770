// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_session.h"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "daemon/tls/access_denied.h"
#include "daemon/tls/client_identity.h"
#include "daemon/tls/tls_fault.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::size_t kBurst = 16 * 1024;  // a record (RFC 8446 section 5.1)
constexpr std::size_t kPiece = 1024;       // of what nobody wants
constexpr int kBurstsPerTurn = 8;          // then others have their turn

}  // namespace

TlsSession::TlsSession(Seat seat, std::shared_ptr<const TlsService> service,
                       const Patience& patience)
    : id_(seat.id),
      signer_(seat.signer),
      tls_(std::move(service)),
      patience_(patience),
      client_(std::move(seat.client), *seat.poller, seat.token),
      service_(std::move(seat.service), *seat.poller, seat.token + 1),
      dialogue_(std::move(seat.dialogue)),
      wire_(client_.fd()),
      admitted_(!dialogue_) {
  done_.header.session = id_;
}

void TlsSession::Start(Instant now) {
  // What goes out is all there is: waiting for more would only delay it.
  sys::IgnoreError(sys::SetNoDelay(client_.fd(), true), "a unix socket has none");
  deadline_ = now + tls_->handshake_patience();
  last_moved_ = now;
  return dialogue_ ? TalkPlainly(now) : BeginHandshake(now);
}

void TlsSession::BeginHandshake(Instant now) {
  connection_ = tls_->Accept(wire_.Open());
  if (!connection_) return Finish(TlsOutcome::kNoCapacity);
  wire_.Refill();
  service_wants_ = 0;  // whatever the dialogue waited for
  Shake(now);
}

void TlsSession::Shake(Instant now) {
  signer_->SetSession(id_);
  ERR_clear_error();
  wire_.LetRead();
  const int result = SSL_do_handshake(connection_.get());
  signer_->SetSession(0);
  unfinished_ = wire_.cut_short();
  if (result == 1) return BeginToServe(now);
  const int error = SSL_get_error(connection_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    client_wants_ = error == SSL_ERROR_WANT_READ ? sys::kReadable : sys::kWritable;
    return SendHeld(/*more=*/false) ? Watch() : Finish(TlsOutcome::kClientGone);
  }
  const bool unsigned_ = signer_->TakeFailure();
  if (error == SSL_ERROR_SYSCALL) return Finish(TlsOutcome::kClientGone);
  const TlsFault fault = unsigned_ ? TlsFault::kNoSignature : FaultOf(connection_.get());
  if (fault == TlsFault::kNone) return Finish(TlsOutcome::kClientGone);
  Finish(TlsOutcome::kHandshakeFailed, fault);
}

// In TLS 1.3 the server's last word is the ticket (RFC 8446 section 4.6.1). Nobody waits for it
// whose first words have come with his Finished: it goes with the answer. Others may wait for the
// acknowledgement of their Finished before they speak (RFC 896), which goes with the ticket.
void TlsSession::BeginToServe(Instant now) {
  shaken_ = true;
  handshake_ = DescribeHandshake(id_, connection_.get());
  last_moved_ = now;
  if (admitted_) deadline_ = Due();
  const bool heard = SSL_has_pending(connection_.get()) == 1;
  if (heard && SSL_version(connection_.get()) == TLS1_3_VERSION) wire_.Withhold();
  Move(now);
}

void TlsSession::Continue(Instant now) {
  if (lingers_) return Linger(now);
  shaken_ ? Move(now) : Shake(now);
}

bool TlsSession::Admit(Instant now) {
  if (!shaken_ || std::exchange(admitted_, true)) return false;
  last_moved_ = now;
  deadline_ = Due();
  Move(now);
  return true;
}

// What the client has sent already is read away: unread it would cost him the alert.
bool TlsSession::Refuse(Instant now) {
  if (!shaken_) return false;
  SendAccessDenied(connection_.get());
  outcome_ = TlsOutcome::kRefused;
  wire_.Flush(/*more=*/true);
  Linger(now);
  return true;
}

// posternd keeps the other end open, and so nothing but this tells where its words end.
bool TlsSession::Truncate(Instant now) {
  if (lingers_) return true;
  outcome_ = TlsOutcome::kTruncated;
  sys::IgnoreError(sys::ShutdownRead(service_.fd()), "it is connected, or has ended");
  in_.done = service_gone_ = true;
  in_.held = 0;
  if (served()) deadline_ = Due();
  if (dialogue_) TalkPlainly(now);
  if (served()) Move(now);
  return true;
}

void TlsSession::OnReady(Side side, std::uint32_t ready, Instant now) {
  if (side == Side::kClient) wire_.Refill();
  // A client reset while we wait for something else would otherwise hold the session.
  const bool failed = side == Side::kClient && (ready & sys::kFailed) != 0;
  if (failed && (!shaken_ || !in_.wants_source())) return Finish(TlsOutcome::kClientGone);
  // Nobody can read there any more; what was written is still there.
  if (side == Side::kService && (ready & sys::kHangUp) != 0) {
    in_.done = service_gone_ = true;
    in_.held = 0;
    if (served()) deadline_ = Due();
  }
  if (dialogue_) return TalkPlainly(now);
  if (shaken_) return Continue(now);
  // Of the service nothing is awaited yet: its end is told after the handshake.
  side == Side::kClient ? Shake(now) : Watch();
}

void TlsSession::OnDeadline(Instant now) {
  if (lingers_) return EndSession();
  const bool passes = dialogue_ && dialogue_->state() == StartTlsDialogue::State::kPasses;
  if (!served() && !passes) return Finish(TlsOutcome::kHandshakeLate);
  passes ? TalkPlainly(now) : Move(now);
  if (over_) return;
  deadline_ = Due();
  if (!deadline_ || *deadline_ > now) return;
  const bool idle = patience_.idle && last_moved_ + *patience_.idle <= now;
  Finish(idle ? TlsOutcome::kIdle : TlsOutcome::kClientGone);
}

std::optional<TlsSession::Instant> TlsSession::Due() const {
  if (!patience_.idle && !service_gone_) return std::nullopt;
  const auto idle = patience_.idle.value_or(patience_.flush);
  return last_moved_ + (service_gone_ ? std::min(idle, patience_.flush) : idle);
}

// ---- Carrying ----

void TlsSession::Move(Instant now) {
  // Of earlier turns: what OpenSSL answers of its own accord, a key update for one, moves nothing.
  const std::size_t waiting = wire_.due() ? wire_.held() : 0;
  unfinished_ = false;
  client_wants_ = service_wants_ = 0;
  if (admitted_ && !Carry(now)) return Finish(TlsOutcome::kClientGone);
  const bool ends = in_.done && out_.done, lingers = service_gone_ && !in_.ended;
  const bool sends = ends || wire_.due();
  if (sends && !SendHeld(ends && lingers)) return Finish(TlsOutcome::kClientGone);
  if (wire_.held() < waiting) last_moved_ = now;
  if (!ends || wire_.held() != 0) return Watch();
  lingers ? Linger(now) : EndSession();
}

// False when the client is gone.
bool TlsSession::Carry(Instant now) {
  for (int burst = 0; burst <= kBurstsPerTurn; ++burst) {
    client_wants_ = service_wants_ = 0;
    const Step in = MoveIn();
    const Step out = in == Step::kFailed ? in : MoveOut();
    if (out == Step::kFailed) return false;
    const bool moved = in == Step::kMoved || out == Step::kMoved;
    if (moved) last_moved_ = now;
    if (!moved || (in_.done && out_.done)) return true;
  }
  unfinished_ = true;
  return true;
}

// False when the client is gone.
bool TlsSession::SendHeld(bool more) {
  const auto sent = wire_.Flush(more);
  if (sent == ClientBio::Sent::kSome) client_wants_ |= sys::kWritable;
  return sent != ClientBio::Sent::kPeerGone;
}

TlsSession::Step TlsSession::Judge(int result) {
  switch (SSL_get_error(connection_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      client_wants_ |= sys::kReadable;
      return Step::kWaits;
    case SSL_ERROR_WANT_WRITE:
      client_wants_ |= sys::kWritable;
      return Step::kWaits;
    default:
      ERR_clear_error();
      return Step::kFailed;
  }
}

TlsSession::Step TlsSession::MoveIn() {
  Step step = Step::kWaits;
  if (in_.wants_source() && !unfinished_) step = FillFromClient();
  if (step != Step::kFailed && !in_.done && in_.held != 0) step = DrainToService();
  if (step != Step::kFailed && in_.ended && !in_.done && in_.held == 0) {
    in_.done = true;
    sys::IgnoreError(sys::ShutdownWrite(service_.fd()), "a service that is gone needs no end");
    return Step::kMoved;
  }
  return step;
}

TlsSession::Step TlsSession::ReadFromClient(std::span<std::byte> buffer, std::size_t& count) {
  ERR_clear_error();
  wire_.LetRead();
  const int result = SSL_read_ex(connection_.get(), buffer.data(), buffer.size(), &count);
  unfinished_ = wire_.cut_short();
  if (result == 1) return Step::kMoved;
  // Of a write it would say only that the client's close_notify has come before (SSL_get_error(3)).
  in_.ended = SSL_get_error(connection_.get(), result) == SSL_ERROR_ZERO_RETURN;
  return in_.ended ? Step::kMoved : Judge(result);
}

TlsSession::Step TlsSession::FillFromClient() {
  if (!in_.buffer) in_.buffer = std::make_unique_for_overwrite<std::byte[]>(kBurst);
  const Step step = ReadFromClient(std::span(in_.buffer.get(), kBurst), in_.held);
  in_.start = 0;
  if (in_.held == 0) in_.buffer.reset();
  return step;
}

TlsSession::Step TlsSession::DropFromClient() {
  std::array<std::byte, kPiece> dropped;
  std::size_t count = 0;
  const bool by_tls = shaken_ && outcome_ != TlsOutcome::kRefused;
  if (by_tls) return ReadFromClient(dropped, count);
  const auto raw = sys::ReceiveSome(client_.fd(), dropped);  // after an alert OpenSSL reads nothing
  if (!raw) return sys::IsMomentary(raw.error()) ? Step::kWaits : Step::kFailed;
  in_.ended = *raw == 0;
  return Step::kMoved;
}

TlsSession::Step TlsSession::DrainToService() {
  const auto count =
      sys::SendSome(service_.fd(), std::span(in_.buffer.get() + in_.start, in_.held));
  if (count) {
    in_.start += *count;
    in_.held -= *count;
    in_.bytes += *count;
    if (in_.held == 0) in_.buffer.reset();
    return Step::kMoved;
  }
  if (sys::IsMomentary(count.error())) {
    service_wants_ |= sys::kWritable;
    return Step::kWaits;
  }
  // The service reads no more: what the client sends is nobody's.
  in_.done = true;
  in_.held = 0;
  return Step::kMoved;
}

TlsSession::Step TlsSession::MoveOut() {
  Step step = Step::kWaits;
  if (out_.wants_source()) step = FillFromService();
  if (!out_.done && out_.held != 0) step = DrainToClient();
  if (step != Step::kFailed && out_.ended && !out_.done && out_.held == 0) return EndToClient();
  return step;
}

TlsSession::Step TlsSession::FillFromService() {
  if (!out_.buffer) out_.buffer = std::make_unique_for_overwrite<std::byte[]>(kBurst);
  const auto count = sys::ReceiveSome(service_.fd(), std::span(out_.buffer.get(), kBurst));
  if (count && *count != 0) {
    out_.start = 0;
    out_.held = *count;
    return Step::kMoved;
  }
  out_.buffer.reset();
  if (!count && sys::IsMomentary(count.error())) {
    service_wants_ |= sys::kReadable;
    return Step::kWaits;
  }
  out_.ended = true;
  return Step::kMoved;
}

TlsSession::Step TlsSession::DrainToClient() {
  ERR_clear_error();
  std::size_t count = 0;
  const int result =
      SSL_write_ex(connection_.get(), out_.buffer.get() + out_.start, out_.held, &count);
  if (result != 1) return Judge(result);
  out_.start += count;
  out_.held -= count;
  out_.bytes += count;
  if (out_.held == 0) out_.buffer.reset();
  return Step::kMoved;
}

// close_notify. What it returns besides failure says whether the client's has come, which is
// FillFromClient's to find.
TlsSession::Step TlsSession::EndToClient() {
  ERR_clear_error();
  const int result = truncated() ? 0 : SSL_shutdown(connection_.get());
  if (result < 0) return Judge(result);
  out_.done = true;
  return Step::kMoved;
}

// A socket that is closed with something unread in it is reset, and the client might lose the end
// of what it was sent: so the rest is read, for a while, up to its close_notify.
void TlsSession::Linger(Instant now) {
  if (!lingers_) {
    lingers_ = true;
    deadline_ = now + patience_.linger;
    sys::IgnoreError(sys::ShutdownWrite(client_.fd()), "then it is gone");
    service_.Close();
  }
  unfinished_ = false;
  Step step = Step::kMoved;
  for (int burst = 0; step == Step::kMoved && burst < kBurstsPerTurn; ++burst) {
    step = DropFromClient();
    if (step == Step::kFailed || in_.ended) return EndSession();
  }
  // OpenSSL may have more, of which no event tells.
  if (step == Step::kMoved) unfinished_ = true;
  client_wants_ = sys::kReadable;
  Watch();
}

// A session that nobody wakes must not exist.
void TlsSession::Watch() {
  const bool watched = client_.Watch(client_wants_) && (lingers_ || service_.Watch(service_wants_));
  if (!watched) Finish(TlsOutcome::kNoCapacity);
}

void TlsSession::Finish(TlsOutcome outcome, TlsFault fault) {
  if (over_) return;
  over_ = true;
  done_.outcome = outcome;
  done_.fault = fault;
  done_.bytes_in = in_.bytes;
  done_.bytes_out = out_.bytes;
  if (connection_) wire_.Flush();  // an alert, which nobody waits for
  connection_.reset();
  client_.Close();
  service_.Close();
}

}  // namespace postern::daemon
