// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/zygotes.h"

#include <algorithm>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/confine/cgroup.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::milliseconds kFirstPause(500);
constexpr std::chrono::milliseconds kLongestPause(60'000);

}  // namespace

Zygotes::Zygotes(EventLoop& loop, ProgramLog& log, InstanceEvents& events,
                 std::chrono::milliseconds idle_life)
    : loop_(loop), log_(log), events_(events), idle_life_(idle_life) {}

Zygotes::~Zygotes() {
  for (auto& [key, seat] : seats_) loop_.Cancel(seat.idle_timer);
}

Zygotes::Seat& Zygotes::SeatOf(const ProfileRef& profile) {
  Seat& seat = seats_[profile.get()];
  seat.profile = profile;
  return seat;
}

sys::Status Zygotes::Launch(const ProfileRef& profile, Zygote::Launch& launch) {
  Seat& seat = SeatOf(profile);
  TRY(Zygote * zygote, Taker(seat));
  seat.last_used = loop_.now();
  auto asked = zygote->Ask(launch);
  if (!asked && sandbox::PeerIsGone(asked.error())) {
    TRY(zygote, StartIn(seat));
    asked = zygote->Ask(launch);
  }
  // Nothing will end in it, with which it would go.
  if (!asked && profile->once) zygote->Retire();
  return asked;
}

sys::Status Zygotes::Prepare(const ProfileRef& profile) {
  Seat& seat = SeatOf(profile);
  seat.keep = true;
  TRY([[maybe_unused]] Zygote* const zygote, Taker(seat));
  return {};
}

void Zygotes::Release(const ProfileRef& profile) {
  const auto found = seats_.find(profile.get());
  if (found == seats_.end()) return;
  Seat& seat = found->second;
  seat.keep = false;
  seat.released = true;
  if (seat.zygotes.empty()) {
    loop_.Cancel(seat.idle_timer);
    seats_.erase(found);
    return;
  }
  RetireIdle(seat);
  WatchIdle(seat);
}

void Zygotes::RetireIdle(Seat& seat) {
  for (const auto& zygote : seat.zygotes) {
    if (zygote->open() && zygote->idle()) zygote->Retire();
  }
}

std::size_t Zygotes::count() const {
  std::size_t count = 0;
  for (const auto& [key, seat] : seats_) count += seat.zygotes.size();
  return count;
}

sys::Result<Zygote*> Zygotes::Taker(Seat& seat) {
  if (!seat.profile->once && !seat.zygotes.empty() && seat.zygotes.back()->open()) {
    return seat.zygotes.back().get();
  }
  return StartIn(seat);
}

sys::Result<Zygote*> Zygotes::StartIn(Seat& seat) {
  if (loop_.now() < seat.not_before) {
    return std::unexpected(
        sys::Error{"postern-zygote", EBUSY, "failed a moment ago, and is tried again later"});
  }
  const sandbox::Profile* const key = seat.profile.get();
  auto zygote =
      std::make_unique<Zygote>(loop_, log_, events_, seat.profile, [this, key] { OnOver(key); });
  const auto started = zygote->Start(program_, record_);
  if (!started) {
    Failed(seat);
    return std::unexpected(started.error());
  }
  seat.zygotes.push_back(std::move(zygote));
  seat.last_used = loop_.now();
  WatchIdle(seat);
  return seat.zygotes.back().get();
}

void Zygotes::Failed(Seat& seat) {
  seat.pause = std::clamp(seat.pause * 2, kFirstPause, kLongestPause);
  seat.not_before = loop_.now() + seat.pause;
}

// Called from within the zygote that is over, so it goes a moment later.
void Zygotes::OnOver(const sandbox::Profile* profile) {
  loop_.After(std::chrono::milliseconds(0), [this, profile] { Sweep(profile); });
}

void Zygotes::Sweep(const sandbox::Profile* profile) {
  const auto found = seats_.find(profile);
  if (found == seats_.end()) return;
  Seat& seat = found->second;
  for (auto at = seat.zygotes.begin(); at != seat.zygotes.end();) {
    if (!(*at)->over()) {
      ++at;
      continue;
    }
    if ((*at)->proven()) {
      seat.pause = {};
    } else if (!(*at)->retired()) {
      Failed(seat);
    }
    at = seat.zygotes.erase(at);
  }
  if (seat.zygotes.empty()) RemoveCgroup(*seat.profile);
  if (!seat.zygotes.empty() || loop_.now() < seat.not_before) return;
  loop_.Cancel(seat.idle_timer);
  if (!seat.keep) seats_.erase(found);
}

// A service's control group goes with its last zygote, whichever profile that had.
void Zygotes::RemoveCgroup(const sandbox::Profile& profile) {
  if (!profile.cgroup.any()) return;
  const bool used = std::ranges::any_of(seats_, [&profile](const auto& one) {
    return one.second.profile->service == profile.service && !one.second.zygotes.empty();
  });
  if (used) return;
  auto group = sandbox::ServiceCgroup::Make(profile.service, profile.cgroup);
  if (!group) return;
  sys::IgnoreError(group->Remove(), "what an instance left running keeps it; the next one uses it");
}

void Zygotes::WatchIdle(Seat& seat) {
  if (seat.idle_timer != 0) return;
  const sandbox::Profile* const key = seat.profile.get();
  seat.idle_timer = loop_.After(idle_life_, [this, key] { CheckIdle(key); });
}

void Zygotes::CheckIdle(const sandbox::Profile* profile) {
  const auto found = seats_.find(profile);
  if (found == seats_.end()) return;
  Seat& seat = found->second;
  seat.idle_timer = 0;
  for (const auto& zygote : seat.zygotes) zygote->KillStopped();
  const bool unused = seat.released || loop_.now() - seat.last_used >= idle_life_;
  if (unused && !seat.keep) RetireIdle(seat);
  if (seat.zygotes.empty() && !seat.keep) {
    seats_.erase(found);
    return;
  }
  WatchIdle(seat);
}

}  // namespace postern::daemon
