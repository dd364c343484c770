// SPDX-License-Identifier: BSD-2-Clause
// Discard (RFC 863).
#include <array>

#include "daemon/relay/sessions.h"
#include "sandbox/sys/payload.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class DiscardSession final : public Session {
 public:
  using Session::Session;

  void Start(Instant /*now*/) override { WatchClient(sys::kReadable); }

  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override {
    std::array<std::byte, kBurst> unwanted;
    BookRead(sys::ReceiveSome(client(), unwanted));
  }
};

}  // namespace

std::unique_ptr<Session> MakeDiscardSession(Seat seat) {
  return std::make_unique<DiscardSession>(std::move(seat));
}

}  // namespace postern::daemon
