// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/leftovers.h"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "daemon/acceptor/lifetimes.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::seconds kPause(1);  // /proc is read, which takes some milliseconds
// Programs whose leftovers are told apart; beyond, the oldest one's time is up.
constexpr std::size_t kMostHeirs = 4096;
constexpr int kKillRounds = 8;

}  // namespace

void Leftovers::Expect(pid_t program, policy::Instant until) {
  if (heirs_.size() >= kMostHeirs) heirs_.front().until = loop_.now();
  heirs_.push_back({program, until});
  LookSoon();
}

void Leftovers::LookSoon() {
  if (timer_ == 0) timer_ = loop_.After(kPause, [this] { Look(); });
}

void Leftovers::Look() {
  timer_ = 0;
  adopter_.WhenQuiet([this] {
    const auto swept = Sweep();
    if (!swept) log_.Error(service_ + ": max_lifetime: " + swept.error().ToString());
    if (!heirs_.empty()) LookSoon();
  });
}

sys::Status Leftovers::Sweep() {
  Processes left;
  // Most often there is nothing, which need not cost a look at every process of the machine.
  if (sys::MayHaveOtherChildren(adopter_.adopter_pid(), adopter_.Programs())) {
    TRY(left, Left());
  }
  if (left.empty()) {
    heirs_.clear();
    return {};
  }
  bool ask = false, kill = false;
  for (Heir& heir : heirs_) {
    if (heir.until > loop_.now()) continue;
    (heir.asked ? kill : ask) = true;
    if (heir.asked) continue;
    heir.asked = true;
    heir.until = loop_.now() + Lifetimes::kStopGrace;
  }
  if (ask) {
    TRY(const bool some, Signal(left, SIGTERM));
    if (some) log_.Notice(service_ + ": what a server has left running is stopped: max_lifetime");
  }
  return kill ? Kill(std::move(left)) : sys::Status{};
}

// Again and again, as processes may be started meanwhile; those that are left then, later.
sys::Status Leftovers::Kill(Processes left) {
  for (int round = 0; round < kKillRounds; ++round) {
    TRY(const bool some, Signal(left, SIGKILL));
    if (!some) {
      std::erase_if(heirs_, [now = loop_.now()](const Heir& heir) {
        return heir.asked && heir.until <= now;
      });
      return {};
    }
    TRY(left, Left());
  }
  return {};
}

sys::Result<Leftovers::Processes> Leftovers::Left() const {
  return sys::DescendantsBeside(adopter_.adopter_pid(), adopter_.Programs());
}

// Whether there was one to signal.
sys::Result<bool> Leftovers::Signal(const Processes& left, int signal) const {
  bool some = false;
  for (const sys::Process& process : left) {
    if (HasTime(process.session)) continue;
    some = true;
    TRY_STATUS(sys::Signal(process, signal));
  }
  return some;
}

bool Leftovers::HasTime(pid_t session) const {
  return std::ranges::any_of(heirs_, [session, now = loop_.now()](const Heir& heir) {
    return heir.program == session && !heir.asked && heir.until > now;
  });
}

}  // namespace postern::daemon
