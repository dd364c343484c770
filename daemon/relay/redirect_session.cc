// SPDX-License-Identifier: BSD-2-Clause
// Redirect: connects on the client's behalf and carries bytes both ways.
//
// Each direction ends by itself: an end of file is passed on (half-close) once everything before it
// has been delivered, and the session ends with the second one. A side that can no longer be read
// takes nothing any more either; a side that can no longer be written may still have sent
// something, which is delivered first.
#include <array>
#include <cerrno>

#include "daemon/relay/conduit.h"
#include "daemon/relay/sessions.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

struct Direction {
  Conduit held;
  bool ended = false;  // the source has no more
  bool done = false;   // and everything was delivered, or nobody wants it
  int error = 0;
  std::uint64_t bytes = 0;  // delivered

  bool wants_source() const { return !done && !ended && held.empty(); }
  bool wants_sink() const { return !done && !held.empty(); }
};

// Moves at most one burst. Returns false when the source failed rather than ended.
bool Pump(Direction& flow, const sys::UniqueFd& source, const sys::UniqueFd& sink) {
  bool source_alive = true;
  if (flow.wants_source()) {
    const auto count = flow.held.Fill(source);
    if (count && *count == 0) {
      flow.ended = true;
    } else if (!count && !IsMomentary(count.error())) {
      flow.ended = true;
      flow.error = count.error().number;
      source_alive = false;
    }
  }
  if (flow.wants_sink()) {
    const auto count = flow.held.Drain(sink);
    if (count) {
      flow.bytes += *count;
    } else if (!IsMomentary(count.error())) {
      flow.done = true;
      flow.error = count.error().number;
    }
  }
  if (flow.ended && !flow.done && flow.held.empty()) {
    flow.done = true;
    sys::IgnoreError(sys::ShutdownWrite(sink), "a sink that is gone needs no end of file");
  }
  return source_alive;
}

class RedirectSession final : public Session {
 public:
  RedirectSession(Seat seat, const AskRedirect& ask, DescriptorBudget& budget,
                  std::chrono::milliseconds connect_timeout)
      : Session(std::move(seat)), ask_(ask), budget_(budget), patience_(connect_timeout) {}

  void Start(Instant now) override { ConnectNext(now, ECONNREFUSED); }

  void OnDeadline(Instant now) override { ConnectNext(now, ETIMEDOUT); }

  void OnReady(Side side, std::uint32_t ready, Instant now) override {
    // A client reset while we wait for something else would otherwise hold the session.
    if (side == Side::kClient && (ready & sys::kFailed) != 0 &&
        !watched_client().watches(sys::kReadable)) {
      const auto error = sys::PendingError(client());
      return End(Outcome::kClientGone, error ? *error : 0);
    }
    if (connected_) return Move();
    if (side == Side::kBackend) Connected(now);
  }

 private:
  // Tries the remaining addresses until one connection is under way.
  void ConnectNext(Instant now, int last_error) {
    while (next_ < ask_.address_count) {
      const WireAddress& address = ask_.addresses[next_++];
      const bool v4 = address.is_v4 != 0;
      auto socket = sys::MakeSocket(v4 ? sys::SocketDomain::kInet4 : sys::SocketDomain::kInet6,
                                    sys::SocketKind::kStream, 0);
      if (!socket) {
        last_error = socket.error().number;
        continue;
      }
      const auto status =
          sys::Connect(*socket, sys::SocketAddress::Inet(address.bytes, address.port, v4));
      if (!status) {
        last_error = status.error().number;
        continue;
      }
      SetBackend(std::move(*socket));
      SetDeadline(now + patience_);
      WatchClient(0);
      return WatchBackend(sys::kWritable);
    }
    Finish(Outcome::kConnectFailed, last_error);
  }

  // connect(2): "use getsockopt(2) to read the SO_ERROR option … to determine whether connect()
  // completed successfully".
  void Connected(Instant now) {
    const auto error = sys::PendingError(backend());
    if (!error || *error != 0) return ConnectNext(now, error ? *error : error.error().number);
    connected_ = true;
    SetDeadline(std::nullopt);
    for (const sys::UniqueFd* end : {&client(), &backend()}) {
      sys::IgnoreError(sys::SetNoDelay(*end, true), "a client that is not TCP has no such delay");
      if (ask_.keepalive != 0) {
        sys::IgnoreError(sys::SetKeepalive(*end, true), "the session works without");
      }
    }
    // splice(2) obeys the socket's own mode, and this client goes to no service.
    if (sys::SetNonblocking(client(), true)) {
      in_.held.TryPipe(budget_);
      out_.held.TryPipe(budget_);
    }
    Move();
  }

  void Move() {
    if (!Pump(in_, client(), backend())) out_.done = true;
    if (!Pump(out_, backend(), client())) in_.done = true;
    if (in_.done && out_.done) return Conclude();
    WatchClient((in_.wants_source() ? sys::kReadable : 0U) |
                (out_.wants_sink() ? sys::kWritable : 0U));
    WatchBackend((out_.wants_source() ? sys::kReadable : 0U) |
                 (in_.wants_sink() ? sys::kWritable : 0U));
  }

  void Conclude() {
    const int error = in_.error != 0 ? in_.error : out_.error;
    End(error == 0 ? Outcome::kFinished : Outcome::kClientGone, error);
  }

  void End(Outcome outcome, int error) {
    bytes_in_ = in_.bytes;
    bytes_out_ = out_.bytes;
    Finish(outcome, error);
  }

  AskRedirect ask_;
  DescriptorBudget& budget_;
  std::chrono::milliseconds patience_;
  std::uint32_t next_ = 0;
  bool connected_ = false;
  Direction in_, out_;  // in: client to backend
};

}  // namespace

std::unique_ptr<Session> MakeRedirectSession(Seat seat, const AskRedirect& ask,
                                             DescriptorBudget& budget,
                                             std::chrono::milliseconds connect_timeout) {
  return std::make_unique<RedirectSession>(std::move(seat), ask, budget, connect_timeout);
}

}  // namespace postern::daemon
