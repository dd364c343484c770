// SPDX-License-Identifier: BSD-2-Clause
// max_lifetime, for what a confined program has left running when it ended.
//
// Such processes are children of the zygote then: as the init of their pid namespace, or as their
// subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). Those of the program's own session are known by
// that and have the rest of its time. One that made a session of its own may be anybody's; it ends
// with the first program of the service whose time is up.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/acceptor/event_loop.h"
#include "daemon/log/program_log.h"
#include "policy/decision/facts.h"
#include "sandbox/sys/process_tree.h"

namespace postern::daemon {

// The parent of what is left: a zygote.
class Adopter {
 public:
  virtual pid_t adopter_pid() const = 0;
  // The programs that run: their processes are no leftovers.
  virtual std::vector<pid_t> Programs() const = 0;
  // Acts when every child of the adopter is a program it told of, or left by one: at once, or when
  // those that are about to begin have begun. Until then no other begins.
  virtual void WhenQuiet(std::function<void()> act) = 0;

 protected:
  ~Adopter() = default;
};

class Leftovers {
 public:
  Leftovers(EventLoop& loop, ProgramLog& log, std::string service, Adopter& adopter)
      : loop_(loop), log_(log), service_(std::move(service)), adopter_(adopter) {}
  ~Leftovers() { loop_.Cancel(timer_); }
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;

  // A program has ended. What it left gets SIGTERM at `until`, SIGKILL some seconds later.
  void Expect(pid_t program, policy::Instant until);

 private:
  struct Heir {
    pid_t program = 0;
    policy::Instant until{};
    bool asked = false;  // by SIGTERM
  };
  using Processes = std::vector<sandbox::sys::Process>;

  void LookSoon();
  void Look();
  sandbox::sys::Status Sweep();
  sandbox::sys::Status Kill(Processes left);
  sandbox::sys::Result<Processes> Left() const;
  sandbox::sys::Result<bool> Signal(const Processes& left, int signal) const;
  bool HasTime(pid_t session) const;

  EventLoop& loop_;
  ProgramLog& log_;
  const std::string service_;
  Adopter& adopter_;
  std::vector<Heir> heirs_;
  EventLoop::TimerId timer_ = 0;
};

}  // namespace postern::daemon
