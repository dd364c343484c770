// SPDX-License-Identifier: BSD-2-Clause
// Starts a program as another user with one socket as its descriptors 0, 1 and 2.
//
// Who calls: the privileged process, on its hot path. The child shares the parent's memory until it
// executes the program (clone(2), CLONE_VM without CLONE_VFORK): no page table is copied and the
// parent never waits, neither for a slow disk nor for a child that another process of the same user
// has stopped. It shares the descriptor table too, for its first system call only: that one takes a
// private copy of the few low descriptors (close_range(2), CLOSE_RANGE_UNSHARE), so that the cost
// does not grow with the number of listening sockets.
//
// What makes this safe: the child runs no libc code that writes memory (raw system calls only),
// reads only an immutable plan and its own slot, and the parent is not dumpable, so that no process
// of the service's user can inspect the shared memory in the moment between setresuid and execve.
// Linux resets "dumpable" to fs.suid_dumpable on setresuid; a machine where that is 1 is refused.
//
// On failure no program runs: the child reports step and errno, and ends with kLaunchFailed.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/child_stages.h"
#include "sandbox/launch_plan.h"
#include "sandbox/launch_step.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct LaunchFailure {
  LaunchId id = 0;
  LaunchStep step = LaunchStep::kExecute;
  int error = 0;  // errno
};

struct Launched {
  LaunchId id = 0;
  pid_t pid = 0;
  sys::UniqueFd pidfd;
  sys::UniqueFd status;  // nonblocking: what the program writes into its status pipe
};

class Launcher {
 public:
  // Claims the descriptors kReportDescriptor .. kFirstFree-1, which must not be in use (EBUSY):
  // call it before anything else is opened, with 0, 1 and 2 taken.
  static sys::Result<std::unique_ptr<Launcher>> Make();
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  // Starts an instance. `extra` are NAME=VALUE words for this one alone. Takes the connection, and
  // keeps no copy. Never waits. EAGAIN: the machine is out of processes; EBUSY: children have yet
  // to take what earlier launches gave them. The connection is given back untouched then.
  sys::Result<Launched> Start(std::shared_ptr<const LaunchPlan> plan,
                              std::span<const std::string> extra, sys::UniqueFd& connection);

  // After EBUSY: whether there is room, and what becomes readable when there may be.
  bool HasRoom();
  const sys::UniqueFd& room_descriptor() const { return detached_; }
  // Readable when children have failed; Collect() returns the failures told so far.
  const sys::UniqueFd& report_descriptor() const { return report_read_; }
  std::vector<LaunchFailure> Collect();
  // The child is dead: closes the connection, in case it died too early to take it.
  void Ended(LaunchId id);

  static constexpr int kReportDescriptor = 3, kDetachedDescriptor = 4, kFirstSlot = 5;
  static constexpr int kSlots = 16;  // untaken connections; two descriptors each, of perhaps 64
  static constexpr int kFirstFree = kFirstSlot + kSlots;

 private:
  struct Stage;  // a stack, the words of one launch, and whether the child still uses them
  struct Slot {
    sys::UniqueFd sender;  // the other end is descriptor kFirstSlot + index
    LaunchId id = 0;       // whose connection it last held; 0: nobody's
  };
  explicit Launcher(sys::UniqueFd report_read);
  sys::Status OpenSlots();
  std::optional<std::size_t> FreeSlot() const;
  void Vacate(std::size_t index);
  sys::UniqueFd TakeBack(std::size_t index);

  sys::UniqueFd report_read_, detached_;
  std::array<Slot, kSlots> slots_;
  std::size_t next_slot_ = 0;  // likely to have been free for longest
  ChildStages<Stage> stages_;
  LaunchId next_id_ = 1;
};

}  // namespace postern::sandbox
