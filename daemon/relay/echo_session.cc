// SPDX-License-Identifier: BSD-2-Clause
// Echo (RFC 862): reads nothing new while the client has not taken back what it sent.
#include "daemon/relay/conduit.h"
#include "daemon/relay/sessions.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class EchoSession final : public Session {
 public:
  using Session::Session;

  void Start(Instant /*now*/) override { WatchClient(sys::kReadable); }

  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override {
    if (held_.empty() && !Read()) return;
    if (!held_.empty() && !Write()) return;
    WatchClient(held_.empty() ? sys::kReadable : sys::kWritable);
  }

 private:
  // Both return false when the session is over.
  bool Read() {
    const auto count = held_.Fill(client());
    if (count && *count == 0) {
      Finish(Outcome::kFinished);
    } else if (count) {
      bytes_in_ += *count;
    } else if (!IsMomentary(count.error())) {
      Finish(Outcome::kClientGone, count.error().number);
    }
    return !over();
  }

  bool Write() {
    const auto count = held_.Drain(client());
    if (count) {
      bytes_out_ += *count;
    } else if (!IsMomentary(count.error())) {
      Finish(Outcome::kClientGone, count.error().number);
    }
    return !over();
  }

  Conduit held_;
};

}  // namespace

std::unique_ptr<Session> MakeEchoSession(Seat seat) {
  return std::make_unique<EchoSession>(std::move(seat));
}

}  // namespace postern::daemon
