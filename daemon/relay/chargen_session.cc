// SPDX-License-Identifier: BSD-2-Clause
// Character generator (RFC 864). Holds no bytes: only its place in the cycle.
#include <array>
#include <span>

#include "daemon/relay/chargen_text.h"
#include "daemon/relay/sessions.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class ChargenSession final : public Session {
 public:
  using Session::Session;

  void Start(Instant /*now*/) override { WatchClient(sys::kReadable | sys::kWritable); }

  void OnReady(Side /*side*/, std::uint32_t ready, Instant /*now*/) override {
    if ((ready & ~sys::kWritable) != 0 && reading_) Discard();
    if (!over()) Generate();
    WatchClient(reading_ ? sys::kReadable | sys::kWritable : sys::kWritable);
  }

 private:
  // "A character generator service simply sends data without regard to the input."
  void Discard() {
    std::array<std::byte, kBurst> unwanted;
    const auto count = sys::ReceiveSome(client(), unwanted);
    if (count) {
      reading_ = *count != 0;
      bytes_in_ += *count;
    } else if (!sys::IsMomentary(count.error())) {
      Finish(Outcome::kClientGone, count.error().number);
    }
  }

  void Generate() {
    const auto rest = std::as_bytes(std::span(ChargenCycle().substr(place_)));
    const auto count = sys::SendSome(client(), rest);
    if (BookWritten(count) && count) place_ = (place_ + *count) % ChargenCycle().size();
  }

  bool reading_ = true;
  std::size_t place_ = 0;
};

}  // namespace

std::unique_ptr<Session> MakeChargenSession(Seat seat) {
  return std::make_unique<ChargenSession>(std::move(seat));
}

}  // namespace postern::daemon
