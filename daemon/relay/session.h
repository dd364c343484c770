// SPDX-License-Identifier: BSD-2-Clause
// One client that the relay serves: what all kinds of sessions have in common.
//
// A session moves at most one burst for each event and then returns to the loop, so that no client
// can delay another. It never blocks, and holds at most kBurst bytes that its peer has not taken.
// When over() is true it has its answer for posternd ready and is taken apart.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "daemon/protocol.h"
#include "daemon/watched_fd.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

// Bytes moved for one event: a few microseconds of copying.
inline constexpr std::size_t kBurst = 16 * 1024;

// Which of its descriptors an event is about; the lowest bit of the poller's token.
enum class Side : std::uint8_t { kClient = 0, kBackend = 1 };

using Answer = std::variant<AnswerReady, AnswerDone, AnswerMux, AnswerBanner, AnswerDatagram,
                            AnswerSplice, AnswerProxy>;

// What a session gets to live with.
struct Seat {
  SessionId id = 0;
  sandbox::sys::UniqueFd client;
  sandbox::sys::Poller* poller = nullptr;
  std::uint64_t token = 0;  // for Side::kClient; plus one for Side::kBackend
};

class Session {
 public:
  using Instant = std::chrono::milliseconds;  // sandbox::sys::BootTime()

  explicit Session(Seat seat);
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  virtual void Start(Instant now) = 0;
  virtual void OnReady(Side side, std::uint32_t ready, Instant now) = 0;
  virtual void OnDeadline(Instant now);

  void Stop() { Finish(Outcome::kStopped); }

  SessionId id() const { return id_; }
  std::optional<Instant> deadline() const { return deadline_; }
  bool over() const { return answer_ != nullptr; }
  const Answer& answer() const { return *answer_; }  // only when over()

 protected:
  // Ends the session: closes the client and tells posternd how it went. The first call counts.
  void Finish(Outcome outcome, int error = 0);
  // Ends it well. What the client sent meanwhile is read away first: closing with unread bytes
  // would be a reset, which may destroy what was sent to it (RFC 1122, 4.2.2.13).
  void FinishGently(Outcome outcome, int error = 0);
  // Book what reading from or writing to the client came to; false when that ended the session. The
  // end of what the client sends is its natural end.
  bool BookRead(const sandbox::sys::Result<std::size_t>& count);
  bool BookWritten(const sandbox::sys::Result<std::size_t>& count);
  // Ends it by leaving the client, untouched, to posternd, which has it open too.
  void GiveBack(const Answer& answer);

  void WatchClient(std::uint32_t interest) { Watch(client_, interest); }
  void WatchBackend(std::uint32_t interest) { Watch(backend_, interest); }
  void SetBackend(sandbox::sys::UniqueFd fd);
  void SetDeadline(std::optional<Instant> when) { deadline_ = when; }

  const sandbox::sys::UniqueFd& client() const { return client_.fd(); }
  const sandbox::sys::UniqueFd& backend() const { return backend_.fd(); }
  const WatchedFd& watched_client() const { return client_; }

  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;

 private:
  void Watch(WatchedFd& fd, std::uint32_t interest);

  SessionId id_;
  std::uint64_t token_;
  sandbox::sys::Poller* poller_;
  WatchedFd client_, backend_;
  std::optional<Instant> deadline_;
  std::unique_ptr<const Answer> answer_;  // much larger than what a session needs meanwhile
};

}  // namespace postern::daemon
