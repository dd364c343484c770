// SPDX-License-Identifier: BSD-2-Clause
// tcpmux (RFC 1078), up to the name: posternd starts the service, so a known name ends the session
// by returning the client. "help" is answered here with the names, anything else with a refusal.
#include <array>
#include <span>
#include <string_view>

#include "daemon/relay/mux_line.h"
#include "daemon/relay/outgoing_text.h"
#include "daemon/relay/sessions.h"
#include "sandbox/sys/payload.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class MuxSession final : public Session {
 public:
  MuxSession(Seat seat, const MuxTable& table, std::chrono::milliseconds deadline)
      : Session(std::move(seat)), table_(table), patience_(deadline) {}

  void Start(Instant now) override {
    SetDeadline(now + patience_);
    WatchClient(sys::kReadable);
  }

  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override {
    if (line_.state() == MuxLine::State::kOpen) Read();
    if (line_.state() == MuxLine::State::kTooLong) FinishGently(Outcome::kBadRequest);
    if (!over() && line_.state() == MuxLine::State::kComplete) SendReply();
  }

 private:
  void Read() {
    std::array<std::byte, kMaxMuxLine> bytes;
    const auto peeked = sys::PeekSome(client(), std::span(bytes).first(line_.room()));
    if (!peeked) {
      if (!sys::IsMomentary(peeked.error())) Finish(Outcome::kClientGone, peeked.error().number);
      return;
    }
    if (*peeked == 0) return Finish(Outcome::kBadRequest);
    const std::size_t taken = line_.Add({reinterpret_cast<const char*>(bytes.data()), *peeked});
    const auto received = sys::ReceiveSome(client(), std::span(bytes).first(taken));
    // Nobody else reads this client, so what was peeked is there.
    if (!received || *received != taken) return Finish(Outcome::kBadRequest);
    bytes_in_ += taken;
    if (line_.state() == MuxLine::State::kComplete) Decide();
  }

  void Decide() {
    if (SameMuxName(line_.name(), "help")) {
      reply_ = OutgoingText(table_.Listing());
      outcome_ = Outcome::kFinished;
    } else if (const auto index = table_.Find(line_.name())) {
      AnswerMux answer;
      answer.header.session = id();
      answer.index = *index;
      GiveBack(answer);
    } else {
      reply_ = OutgoingText("-Service name not found\r\n");
      outcome_ = Outcome::kUnknownName;
    }
  }

  void SendReply() {
    const auto count = reply_.Send(client());
    if (!count) return Finish(Outcome::kClientGone, count.error().number);
    bytes_out_ += *count;
    if (reply_.sent()) return FinishGently(outcome_);
    WatchClient(sys::kWritable);
  }

  const MuxTable& table_;
  std::chrono::milliseconds patience_;
  MuxLine line_;
  OutgoingText reply_;
  Outcome outcome_ = Outcome::kFinished;
};

}  // namespace

std::unique_ptr<Session> MakeMuxSession(Seat seat, const MuxTable& table,
                                        std::chrono::milliseconds deadline) {
  return std::make_unique<MuxSession>(std::move(seat), table, deadline);
}

}  // namespace postern::daemon
