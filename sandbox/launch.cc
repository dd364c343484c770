// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/channel.h"
#include "sandbox/child_stack.h"
#include "sandbox/launch_child.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

// Gives the file behind `fd` this number, and no other.
sys::Status MoveTo(int number, sys::UniqueFd fd) {
  if (fd.get() == number) {
    fd.Release();
    return {};
  }
  if (::dup3(fd.get(), number, O_CLOEXEC) < 0) return sys::LastError("dup3");
  return {};
}

// A copy with a number that is not reserved.
sys::Result<sys::UniqueFd> CopyAbove(int number, const sys::UniqueFd& fd) {
  sys::UniqueFd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, number));
  if (!copy) return sys::LastError("fcntl", "F_DUPFD_CLOEXEC");
  return copy;
}

}  // namespace

// One launch's memory.
struct Launcher::Stage {
  ChildStack stack;
  ChildTask task;
  std::shared_ptr<const LaunchPlan> plan;
  std::vector<std::string> extra;
  std::vector<char*> environment;
  std::vector<std::uint32_t> groups;

  void Prepare(LaunchId id, std::shared_ptr<const LaunchPlan> next_plan,
               std::span<const std::string> words, int slot) {
    plan = std::move(next_plan);
    extra.assign(words.begin(), words.end());
    environment = plan->environment();
    for (std::string& word : extra) environment.push_back(word.data());
    environment.push_back(nullptr);
    groups.resize(plan->parts().groups.size());
    task = {id, plan.get(), environment.data(), slot, groups.data()};
  }
};

Launcher::Launcher(sys::UniqueFd report_read) : report_read_(std::move(report_read)) {}
Launcher::~Launcher() = default;

sys::Result<std::unique_ptr<Launcher>> Launcher::Make() {
  for (int fd = kReportDescriptor; fd < kFirstFree; ++fd) {
    // dup3 below would close it without a word.
    if (::fcntl(fd, F_GETFD) >= 0) {
      return std::unexpected(sys::Error{"fcntl", EBUSY, "descriptor " + std::to_string(fd)});
    }
  }
  TRY(sys::Pipe report, sys::MakePipe(/*nonblocking=*/true));
  // Both ends may have landed on reserved numbers; move the read end out of the way first.
  TRY(sys::UniqueFd read_end, CopyAbove(kFirstFree, report.read_end));
  report.read_end.Reset();
  TRY_STATUS(MoveTo(kReportDescriptor, std::move(report.write_end)));
  sys::UniqueFd detached(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!detached) return sys::LastError("eventfd");
  TRY(sys::UniqueFd watched, CopyAbove(kFirstFree, detached));
  TRY_STATUS(MoveTo(kDetachedDescriptor, std::move(detached)));
  std::unique_ptr<Launcher> launcher(new Launcher(std::move(read_end)));
  launcher->detached_ = std::move(watched);
  TRY_STATUS(launcher->OpenSlots());
  return launcher;
}

// A connection waits for its child in the socket of a slot (unix(7), SCM_RIGHTS). In the shared
// table our copy would have to stay until the child is known to have its own, and would keep the
// client from seeing the end of a quick program. The numbers stay open for as long as we live.
sys::Status Launcher::OpenSlots() {
  int number = kFirstSlot;
  for (Slot& slot : slots_) {
    TRY(ChannelPair channel, MakeChannel());
    TRY(slot.sender, CopyAbove(kFirstFree, channel.ours));
    channel.ours.Reset();  // it may have the number that the other end is to have
    TRY_STATUS(MoveTo(number++, std::move(channel.theirs)));
  }
  return {};
}

// A child that has taken its connection has a descriptor table of its own: the slot can serve the
// next.
std::optional<std::size_t> Launcher::FreeSlot() const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::size_t index = (next_slot_ + i) % slots_.size();
    pollfd untaken{kFirstSlot + static_cast<int>(index), POLLIN, 0};
    if (slots_[index].id == 0 || ::poll(&untaken, 1, 0) == 0) return index;
  }
  return std::nullopt;
}

// The count of those that have taken a connection is read first, so that one who takes his after
// the look makes it readable again.
bool Launcher::HasRoom() {
  std::uint64_t count = 0;
  if (::read(kDetachedDescriptor, &count, sizeof count) < 0) count = 0;
  return FreeSlot().has_value();
}

// The connection of a launch that came to nothing.
sys::UniqueFd Launcher::TakeBack(std::size_t index) {
  slots_[index].id = 0;
  sys::UniqueFd slot(kFirstSlot + static_cast<int>(index));
  LaunchId id = 0;
  auto received = ReceiveFrame(slot, std::as_writable_bytes(std::span(&id, 1)));
  slot.Release();  // its number stays open
  return received ? std::move(received->descriptors[0]) : sys::UniqueFd();
}

// Received without room for a descriptor, the connection is closed (unix(7), MSG_CTRUNC).
void Launcher::Vacate(std::size_t index) {
  LaunchId id = 0;
  ::recv(kFirstSlot + static_cast<int>(index), &id, sizeof id, MSG_DONTWAIT);
  slots_[index].id = 0;
}

sys::Result<Launched> Launcher::Start(std::shared_ptr<const LaunchPlan> plan,
                                      std::span<const std::string> extra,
                                      sys::UniqueFd& connection) {
  const std::optional<std::size_t> index = FreeSlot();
  if (!index) return std::unexpected(sys::Error{"clone", EBUSY, {}});
  Stage* stage = stages_.Free();
  if (stage == nullptr) return std::unexpected(sys::Error{"clone", EAGAIN, {}});
  Slot& slot = slots_[*index];
  Launched launched;
  launched.id = next_id_++;
  sys::UniqueFd status;  // the program's end
  if (plan->parts().status_pipe) {
    TRY(sys::Pipe pipe, sys::MakePipe(/*nonblocking=*/true));
    launched.status = std::move(pipe.read_end);
    status = std::move(pipe.write_end);
  }
  const int handed_over[] = {connection.get(), status.get()};
  TRY_STATUS(SendFrame(slot.sender, std::as_bytes(std::span(&launched.id, 1)),
                       std::span(handed_over, status ? 2 : 1)));
  slot.id = launched.id;
  // Before there is a program. It could set SO_LINGER and end, and our close(2) of the last copy
  // would wait for its client (socket(7)).
  connection.Reset();
  next_slot_ = (*index + 1) % slots_.size();
  stage->Prepare(launched.id, std::move(plan), extra, kFirstSlot + static_cast<int>(*index));
  stage->stack.in_use().store(1, std::memory_order_release);
  int pidfd = -1;
  // No signal is caught by a handler in this process, so none can run on the child's stack.
  launched.pid = ::clone(&RunChild, stage->stack.top(),
                         CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SIGCHLD,
                         &stage->task, &pidfd, nullptr, &stage->stack.in_use());
  if (launched.pid < 0) {
    const int error = errno;
    stage->stack.in_use().store(0, std::memory_order_release);
    connection = TakeBack(*index);
    return std::unexpected(sys::Error{"clone", error, {}});
  }
  launched.pidfd = sys::UniqueFd(pidfd);
  return launched;
}

std::vector<LaunchFailure> Launcher::Collect() {
  std::vector<LaunchFailure> failures;
  LaunchReport report;
  while (::read(report_read_.get(), &report, sizeof report) == sizeof report) {
    failures.push_back({report.id, static_cast<LaunchStep>(report.step), report.error});
  }
  return failures;
}

void Launcher::Ended(LaunchId id) {
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].id == id) Vacate(index);
  }
}

}  // namespace postern::sandbox
