// SPDX-License-Identifier: BSD-2-Clause
// What redirect and splice have in common: carries bytes both ways between a client and a backend.
//
// Each direction ends by itself: an end of file is passed on (half-close) once everything before it
// has been delivered, and the session ends with the second one. A side that can no longer be read
// takes nothing any more either; a side that can no longer be written may still have sent
// something, which is delivered first.
//
// A source that has failed has not ended: its sink is told of no end of file, and a backend that
// failed makes the outcome kTruncated.
//
// A session in which nothing moves for its idle timeout ends with kIdle. A client that takes
// nothing of what a backend left behind is given up, as the kernel does with the connection of a
// process that is gone (tcp(7), tcp_orphan_retries).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "daemon/relay/conduit.h"
#include "daemon/relay/descriptor_budget.h"
#include "daemon/relay/session.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class CarryingSession : public Session {
 public:
  struct Patience {
    std::optional<std::chrono::milliseconds> idle;  // with both
    std::chrono::milliseconds flush;                // with the client, when the backend is gone
  };
  CarryingSession(Seat seat, DescriptorBudget& budget, const Patience& patience)
      : Session(std::move(seat)), budget_(budget), patience_(patience) {}

  void OnReady(Side side, std::uint32_t ready, Instant now) override;
  void OnDeadline(Instant now) override;

 protected:
  // The backend is there. Replaces any deadline.
  void Carry(Instant now);
  bool carrying() const { return carrying_; }

 private:
  struct Direction {
    Conduit held;
    bool told = false;   // that the source can be read
    bool ended = false;  // the source has no more
    bool done = false;   // and everything was delivered, or nobody wants it
    int source_error = 0, sink_error = 0;
    std::uint64_t taken = 0;
    std::uint64_t bytes = 0;  // delivered

    bool wants_source() const { return !done && !ended && held.empty(); }
    bool wants_sink() const { return !done && !held.empty(); }
    int error() const { return source_error != 0 ? source_error : sink_error; }
  };
  static bool Pump(Direction& flow, const sandbox::sys::UniqueFd& source,
                   const sandbox::sys::UniqueFd& sink);
  static bool Fill(Direction& flow, const sandbox::sys::UniqueFd& source);
  static void Drain(Direction& flow, const sandbox::sys::UniqueFd& sink);

  void Move(Instant now);
  void OnBackendGone();
  bool truncated() const;
  std::optional<Instant> Due() const;
  void Conclude();
  void Book();

  DescriptorBudget& budget_;
  Patience patience_;
  bool carrying_ = false;
  bool backend_gone_ = false;
  Instant last_moved_{};
  Direction in_, out_;  // in: client to backend
};

}  // namespace postern::daemon
