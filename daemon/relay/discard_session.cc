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
    const auto count = sys::ReceiveSome(client(), unwanted);
    if (count && *count == 0) {
      Finish(Outcome::kFinished);
    } else if (count) {
      bytes_in_ += *count;
    } else if (!IsMomentary(count.error())) {
      Finish(Outcome::kClientGone, count.error().number);
    }
  }
};

}  // namespace

std::unique_ptr<Session> MakeDiscardSession(Seat seat) {
  return std::make_unique<DiscardSession>(std::move(seat));
}

}  // namespace postern::daemon
