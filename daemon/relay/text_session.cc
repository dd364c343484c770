// SPDX-License-Identifier: BSD-2-Clause
// Sends one short text and closes: daytime and time.
#include "daemon/relay/outgoing_text.h"
#include "daemon/relay/sessions.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class TextSession final : public Session {
 public:
  TextSession(Seat seat, std::string text) : Session(std::move(seat)), text_(std::move(text)) {}

  void Start(Instant /*now*/) override { Send(); }
  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override { Send(); }

 private:
  void Send() {
    const auto count = text_.Send(client());
    if (!count) return Finish(Outcome::kClientGone, count.error().number);
    bytes_out_ += *count;
    if (text_.sent()) return FinishGently(Outcome::kFinished);
    WatchClient(sys::kWritable);
  }

  OutgoingText text_;
};

}  // namespace

std::unique_ptr<Session> MakeTextSession(Seat seat, std::string text) {
  return std::make_unique<TextSession>(std::move(seat), std::move(text));
}

}  // namespace postern::daemon
