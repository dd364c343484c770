// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/carrying_session.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void CarryingSession::Carry(Instant now) {
  carrying_ = true;
  last_moved_ = now;
  SetDeadline(Due());
  // splice(2) obeys the sockets' own mode, and neither goes to a service.
  if (sys::SetNonblocking(client(), true) && sys::SetNonblocking(backend(), true)) {
    in_.held.TryPipe(budget_);
    out_.held.TryPipe(budget_);
  }
  Move(now);
}

void CarryingSession::OnReady(Side side, std::uint32_t ready, Instant now) {
  // A client reset while we wait for something else would otherwise hold the session.
  if (side == Side::kClient && (ready & sys::kFailed) != 0 &&
      !watched_client().watches(sys::kReadable)) {
    const auto error = sys::PendingError(client());
    Book();
    return Finish(Outcome::kClientGone, error ? *error : 0);
  }
  // Nobody can read there any more; what was sent is still there.
  if (side == Side::kClient && (ready & sys::kHangUp) != 0) out_.done = true;
  if (!carrying_) return;
  (side == Side::kClient ? in_ : out_).told = (ready & sys::kReadable) != 0;
  if (side == Side::kBackend && (ready & sys::kHangUp) != 0) OnBackendGone();
  Move(now);
}

// Nobody can read there any more, whatever the client may yet send. Of a socketpair's end a write
// would tell, but the client need not ever send anything.
void CarryingSession::OnBackendGone() {
  if (!in_.done && !in_.held.empty()) in_.sink_error = EPIPE;
  in_.done = true;
  backend_gone_ = true;
  SetDeadline(Due());
}

// The deadline is not moved with every burst: when it comes, it may turn out to be none. And a
// reader that is slow has made room before epoll(7) tells of it, which waits for a third of a TCP
// socket's buffer to be free, and for three quarters of a unix socket's.
void CarryingSession::OnDeadline(Instant now) {
  Move(now);
  if (over()) return;
  const auto due = Due();
  if (!due || *due > now) return SetDeadline(due);
  const bool idle = patience_.idle && last_moved_ + *patience_.idle <= now;
  Book();
  Finish(idle ? Outcome::kIdle : Outcome::kClientSlow, ETIMEDOUT);
}

std::optional<Session::Instant> CarryingSession::Due() const {
  if (!patience_.idle && !backend_gone_) return std::nullopt;
  const auto idle = patience_.idle.value_or(patience_.flush);
  return last_moved_ + (backend_gone_ ? std::min(idle, patience_.flush) : idle);
}

// False when the source failed rather than ended.
bool CarryingSession::Fill(Direction& flow, const sys::UniqueFd& source) {
  const auto count = flow.held.Fill(source, std::exchange(flow.told, false));
  if (!count && sys::IsMomentary(count.error())) return true;
  flow.ended = !count || *count == 0;
  if (count) {
    flow.taken += *count;
  } else {
    flow.source_error = count.error().number;
  }
  return count.has_value();
}

void CarryingSession::Drain(Direction& flow, const sys::UniqueFd& sink) {
  const auto count = flow.held.Drain(sink);
  if (count) {
    flow.bytes += *count;
  } else if (!sys::IsMomentary(count.error())) {
    flow.done = true;
    flow.sink_error = count.error().number;
  }
}

// Moves at most one burst. False when the source failed.
bool CarryingSession::Pump(Direction& flow, const sys::UniqueFd& source,
                           const sys::UniqueFd& sink) {
  const bool source_alive = !flow.wants_source() || Fill(flow, source);
  if (flow.wants_sink()) Drain(flow, sink);
  if (flow.ended && !flow.done && flow.held.empty()) {
    flow.done = true;
    if (flow.source_error == 0) {
      sys::IgnoreError(sys::ShutdownWrite(sink), "a sink that is gone needs no end of file");
    }
  }
  return source_alive;
}

void CarryingSession::Move(Instant now) {
  const auto moved = [this] { return in_.taken + in_.bytes + out_.taken + out_.bytes; };
  const std::uint64_t before = moved();
  if (!Pump(in_, client(), backend())) out_.done = true;
  if (!Pump(out_, backend(), client())) in_.done = true;
  if (moved() != before) last_moved_ = now;
  if (in_.done && out_.done) return Conclude();
  WatchClient((in_.wants_source() ? sys::kReadable : 0U) |
              (out_.wants_sink() ? sys::kWritable : 0U));
  WatchBackend((out_.wants_source() ? sys::kReadable : 0U) |
               (in_.wants_sink() ? sys::kWritable : 0U));
}

// A reset is told once, to whoever asks first, and then the source seems to end. EPIPE tells of a
// backend that has ended before (tcp(7)).
bool CarryingSession::truncated() const {
  return out_.source_error != 0 || (in_.sink_error != 0 && in_.sink_error != EPIPE);
}

void CarryingSession::Conclude() {
  const int error = in_.error() != 0 ? in_.error() : out_.error();
  Book();
  if (truncated()) return FinishGently(Outcome::kTruncated, error);
  FinishGently(error == 0 ? Outcome::kFinished : Outcome::kClientGone, error);
}

void CarryingSession::Book() {
  bytes_in_ = in_.bytes;
  bytes_out_ = out_.bytes;
}

}  // namespace postern::daemon
