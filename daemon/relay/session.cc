// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/session.h"

#include <array>
#include <cerrno>
#include <utility>

#include "sandbox/sys/payload.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

Session::Session(Seat seat)
    : id_(seat.id),
      token_(seat.token),
      poller_(seat.poller),
      client_(std::move(seat.client), *seat.poller, seat.token) {}

void Session::OnDeadline(Instant /*now*/) { Finish(Outcome::kClientSlow, ETIMEDOUT); }

void Session::Finish(Outcome outcome, int error) {
  if (over()) return;
  AnswerDone done;
  done.header.session = id_;
  done.outcome = outcome;
  done.error = error;
  done.bytes_in = bytes_in_;
  done.bytes_out = bytes_out_;
  answer_ = std::make_unique<const Answer>(done);
  client_.Close();
  backend_.Close();
}

void Session::FinishGently(Outcome outcome, int error) {
  if (over()) return;
  std::array<std::byte, kBurst> rest;
  sys::IgnoreError(sys::ReceiveSome(client(), rest), "nothing to read is as good");
  Finish(outcome, error);
}

bool Session::BookRead(const sys::Result<std::size_t>& count) {
  if (count && *count == 0) {
    Finish(Outcome::kFinished);
  } else if (count) {
    bytes_in_ += *count;
  } else if (!sys::IsMomentary(count.error())) {
    Finish(Outcome::kClientGone, count.error().number);
  }
  return !over();
}

bool Session::BookWritten(const sys::Result<std::size_t>& count) {
  if (count) {
    bytes_out_ += *count;
  } else if (!sys::IsMomentary(count.error())) {
    Finish(Outcome::kClientGone, count.error().number);
  }
  return !over();
}

void Session::GiveBack(const Answer& answer) {
  if (over()) return;
  answer_ = std::make_unique<const Answer>(answer);
  client_.Close();
  backend_.Close();
}

void Session::SetBackend(sys::UniqueFd fd) {
  backend_ =
      WatchedFd(std::move(fd), *poller_, token_ | static_cast<std::uint64_t>(Side::kBackend));
}

void Session::Watch(WatchedFd& fd, std::uint32_t interest) {
  if (over()) return;
  // epoll_ctl(2) fails for want of memory or watches; a session that nobody wakes must not exist.
  if (const auto status = fd.Watch(interest); !status) {
    Finish(Outcome::kNoCapacity, status.error().number);
  }
}

}  // namespace postern::daemon
