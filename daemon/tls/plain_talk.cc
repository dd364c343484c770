// SPDX-License-Identifier: BSD-2-Clause
// Part of tls_session.h: the plaintext before STARTTLS, or in its place.
#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "daemon/tls/tls_session.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using Talk = StartTlsDialogue::State;

namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::size_t kMostHeld = 64 * 1024;  // for whoever does not read

// What was read, or nothing: at the end (`flow` says so), or for now.
std::string_view ReadPiece(const sys::UniqueFd& from, std::span<std::byte> buffer, bool& ended) {
  const auto count = sys::ReceiveSome(from, buffer);
  if (!count) {
    ended = !sys::IsMomentary(count.error());
    return {};
  }
  ended = *count == 0;
  return {reinterpret_cast<const char*>(buffer.data()), *count};
}

// False when nobody reads there any more.
bool SendPart(const sys::UniqueFd& to, std::string& text, std::uint64_t& total) {
  if (text.empty()) return true;
  const auto count = sys::SendSome(to, std::as_bytes(std::span(text)));
  if (!count) return sys::IsMomentary(count.error());
  text.erase(0, *count);
  total += *count;
  return true;
}

}  // namespace

void TlsSession::TalkPlainly(Instant now) {
  if (lingers_) return Linger(now);
  StartTlsDialogue& talk = *dialogue_;
  const std::uint64_t before = in_.bytes + out_.bytes;
  std::array<std::byte, kPiece> buffer;
  if (!in_.ended && talk.to_service.size() < kMostHeld && talk.state() != Talk::kUpgrades) {
    const auto piece = ReadPiece(client_.fd(), buffer, in_.ended);
    if (!piece.empty()) talk.FromClient(piece);
  }
  if (!out_.ended && talk.to_client.size() < kMostHeld && talk.state() != Talk::kUpgrades) {
    const auto piece = ReadPiece(service_.fd(), buffer, out_.ended);
    if (!piece.empty()) talk.FromService(piece);
  }
  if (talk.state() == Talk::kBroken) {
    return Finish(TlsOutcome::kHandshakeFailed, TlsFault::kNotTls);
  }
  if (!SendPart(client_.fd(), talk.to_client, out_.bytes)) return Finish(TlsOutcome::kClientGone);
  if (!SendPart(service_.fd(), talk.to_service, in_.bytes)) in_.done = true;
  if (in_.bytes + out_.bytes != before) last_moved_ = now;
  if (talk.state() == Talk::kUpgrades && talk.to_client.empty()) return Upgrade(now);
  EndPlainly(now);
  if (over_ || lingers_) return;
  if (talk.state() == Talk::kPasses) deadline_ = Due();
  WatchPlainly();
}

void TlsSession::EndPlainly(Instant now) {
  if (in_.ended && !in_.done && dialogue_->to_service.empty()) {
    in_.done = true;
    sys::IgnoreError(sys::ShutdownWrite(service_.fd()), "a service that is gone needs no end");
  }
  // A service that ends has said its last: a client that has not upgraded by then never will.
  if (out_.ended && dialogue_->to_client.empty()) return in_.ended ? EndSession() : Linger(now);
}

void TlsSession::WatchPlainly() {
  const StartTlsDialogue& talk = *dialogue_;
  const bool upgrades = talk.state() == Talk::kUpgrades;
  client_wants_ = service_wants_ = 0;
  if (!in_.ended && !upgrades && talk.to_service.size() < kMostHeld) client_wants_ = sys::kReadable;
  if (!out_.ended && !upgrades && talk.to_client.size() < kMostHeld)
    service_wants_ = sys::kReadable;
  if (!talk.to_client.empty()) client_wants_ |= sys::kWritable;
  if (!talk.to_service.empty() && !in_.done) service_wants_ |= sys::kWritable;
  Watch();
}

void TlsSession::Upgrade(Instant now) {
  const std::string unsaid = dialogue_->TakeUnsaid();
  if (!unsaid.empty()) {
    out_.buffer = std::make_unique_for_overwrite<std::byte[]>(unsaid.size());
    std::ranges::copy(std::as_bytes(std::span(unsaid)), out_.buffer.get());
    out_.start = 0;
    out_.held = unsaid.size();
  }
  dialogue_.reset();
  in_.ended = false;
  in_.done = service_gone_;
  BeginHandshake(now);
}

}  // namespace postern::daemon
