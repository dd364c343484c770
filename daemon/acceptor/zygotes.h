// SPDX-License-Identifier: BSD-2-Clause
// Which zygote starts an instance: one for each profile, made at its first connection and gone when
// it is idle; or, for `isolation = fresh`, one for each connection.
//
// A profile whose zygote dies before a program ran in it is not tried again for a while, with
// growing pauses, so that a sandbox which cannot be made costs nothing but its own service.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/zygote.h"
#include "daemon/log/program_log.h"
#include "sandbox/profile.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

using ProfileRef = std::shared_ptr<const sandbox::Profile>;

class Zygotes {
 public:
  static constexpr std::chrono::milliseconds kIdleLife = std::chrono::seconds(60);

  Zygotes(EventLoop& loop, ProgramLog& log, InstanceEvents& events,
          std::chrono::milliseconds idle_life = kIdleLife);
  ~Zygotes();
  Zygotes(const Zygotes&) = delete;
  Zygotes& operator=(const Zygotes&) = delete;

  void SetProgram(std::string program) { program_ = std::move(program); }
  // Where zygotes that learn tell what they learned.
  void SetRecord(sandbox::sys::UniqueFd record) { record_ = std::move(record); }

  // As Zygote::Ask; EBUSY while the profile's last zygote failed a moment ago.
  sandbox::sys::Status Launch(const ProfileRef& profile, Zygote::Launch& launch);
  // Makes the sandbox now, and keeps it without instances until Release().
  sandbox::sys::Status Prepare(const ProfileRef& profile);
  // A reload has no use for the profile any more. What runs in it goes on.
  void Release(const ProfileRef& profile);

  std::size_t count() const;  // processes

 private:
  struct Seat {
    ProfileRef profile;
    std::list<std::unique_ptr<Zygote>> zygotes;  // the one that takes more is the last
    EventLoop::TimerId idle_timer = 0;
    policy::Instant last_used{}, not_before{};
    std::chrono::milliseconds pause{0};
    bool keep = false;      // eager
    bool released = false;  // no connection will come
  };

  Seat& SeatOf(const ProfileRef& profile);
  sandbox::sys::Result<Zygote*> Taker(Seat& seat);
  sandbox::sys::Result<Zygote*> StartIn(Seat& seat);
  void Failed(Seat& seat);
  void OnOver(const sandbox::Profile* profile);
  void Sweep(const sandbox::Profile* profile);
  void RetireIdle(Seat& seat);
  void RemoveCgroup(const sandbox::Profile& profile);
  void WatchIdle(Seat& seat);
  void CheckIdle(const sandbox::Profile* profile);

  EventLoop& loop_;
  ProgramLog& log_;
  InstanceEvents& events_;
  std::chrono::milliseconds idle_life_;
  std::string program_;
  sandbox::sys::UniqueFd record_;
  std::unordered_map<const sandbox::Profile*, Seat> seats_;
};

}  // namespace postern::daemon
