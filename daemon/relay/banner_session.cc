// SPDX-License-Identifier: BSD-2-Clause
// Sends banner files to a client, however slowly it reads. A file that cannot be read counts as
// empty: a missing banner must not take a service down, as in xinetd.
#include <array>
#include <span>
#include <string>

#include "daemon/relay/outgoing_text.h"
#include "daemon/relay/sessions.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

class BannerSession final : public Session {
 public:
  BannerSession(Seat seat, BannerFiles files, bool give_back, std::chrono::milliseconds deadline)
      : Session(std::move(seat)),
        files_(std::move(files)),
        give_back_(give_back),
        patience_(deadline) {}

  void Start(Instant now) override {
    SetDeadline(now + patience_);
    Send();
  }

  void OnReady(Side /*side*/, std::uint32_t /*ready*/, Instant /*now*/) override { Send(); }

 private:
  void Send() {
    if (piece_.sent() && !ReadPiece()) return Conclude();
    const auto count = piece_.Send(client());
    if (!count) return Finish(Outcome::kClientGone, count.error().number);
    bytes_out_ += *count;
    // Even when there is more room: the next burst comes after the other sessions had their turn.
    WatchClient(sys::kWritable);
  }

  // False when both files have been read to their ends. Reads at an offset of its own: posternd may
  // lend one open banner file to several sessions at once.
  bool ReadPiece() {
    for (; current_ < files_.size(); ++current_, offset_ = 0) {
      std::string text(kBurst, '\0');
      const auto count = files_[current_] ? sys::ReadAt(files_[current_], offset_,
                                                        std::as_writable_bytes(std::span(text)))
                                          : sys::Result<std::size_t>(0);
      if (!count || *count == 0) continue;
      offset_ += *count;
      text.resize(*count);
      piece_ = OutgoingText(std::move(text));
      return true;
    }
    return false;
  }

  void Conclude() {
    if (!give_back_) return FinishGently(Outcome::kFinished);
    AnswerBanner answer;
    answer.header.session = id();
    GiveBack(answer);
  }

  BannerFiles files_;
  bool give_back_;
  std::chrono::milliseconds patience_;
  std::size_t current_ = 0;
  std::uint64_t offset_ = 0;
  OutgoingText piece_;
};

}  // namespace

std::unique_ptr<Session> MakeBannerSession(Seat seat, BannerFiles files, bool give_back,
                                           std::chrono::milliseconds deadline) {
  return std::make_unique<BannerSession>(std::move(seat), std::move(files), give_back, deadline);
}

}  // namespace postern::daemon
