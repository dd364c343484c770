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
    if (held_.empty() && !BookRead(held_.Fill(client(), /*told=*/true))) return;
    if (!held_.empty() && !BookWritten(held_.Drain(client()))) return;
    WatchClient(held_.empty() ? sys::kReadable : sys::kWritable);
  }

 private:
  Conduit held_;
};

}  // namespace

std::unique_ptr<Session> MakeEchoSession(Seat seat) {
  return std::make_unique<EchoSession>(std::move(seat));
}

}  // namespace postern::daemon
