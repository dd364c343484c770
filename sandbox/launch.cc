// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "sandbox/launch_child.h"
#include "sandbox/sys/process.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kStackSize = 32 * 1024;
constexpr std::size_t kGuardSize = 4096;
// How long a launch waits for an earlier child's first system call when every slot is taken. The
// child still runs as root then, so nobody but root can hold it up.
constexpr int kSlotWaitMs = 5;
constexpr int kSlotWakeups = 8;

}  // namespace

std::string_view StepText(LaunchStep step) {
  switch (step) {
    case LaunchStep::kDetach:
      return "close_range";
    case LaunchStep::kDescriptors:
      return "dup3";
    case LaunchStep::kSession:
      return "setsid";
    case LaunchStep::kLimits:
      return "prlimit";
    case LaunchStep::kPriority:
      return "setpriority";
    case LaunchStep::kGroups:
      return "setgroups";
    case LaunchStep::kGroup:
      return "setresgid";
    case LaunchStep::kUser:
      return "setresuid";
    case LaunchStep::kVerify:
      return "credentials check";
    case LaunchStep::kSignals:
      return "rt_sigaction";
    case LaunchStep::kExecute:
      return "execve";
  }
  return "unknown step";
}

LaunchPlan::LaunchPlan(Parts parts) : parts_(std::move(parts)) {
  std::sort(parts_.groups.begin(), parts_.groups.end());
  parts_.groups.erase(std::unique(parts_.groups.begin(), parts_.groups.end()), parts_.groups.end());
  for (std::string& word : parts_.argv) argv_.push_back(word.data());
  argv_.push_back(nullptr);
  for (std::string& word : parts_.environment) environment_.push_back(word.data());
}

// One launch's memory. `in_use` is the child's "clear_child_tid": the kernel zeroes it when the
// child leaves this memory, by execve or by exit (clone(2), CLONE_CHILD_CLEARTID).
struct Launcher::Stage {
  std::atomic<pid_t> in_use{0};
  std::byte* memory = nullptr;  // guard page, then the stack
  ChildTask task;
  std::shared_ptr<const LaunchPlan> plan;
  std::vector<std::string> extra;
  std::vector<char*> environment;
  std::vector<std::uint32_t> groups;

  Stage() {
    void* mapped = ::mmap(nullptr, kGuardSize + kStackSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (mapped == MAP_FAILED) return;
    memory = static_cast<std::byte*>(mapped);
    if (::mprotect(memory, kGuardSize, PROT_NONE) != 0) Unmap();
  }
  ~Stage() { Unmap(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  void Unmap() {
    if (memory != nullptr) ::munmap(memory, kGuardSize + kStackSize);
    memory = nullptr;
  }
  void* stack_top() const { return memory + kGuardSize + kStackSize; }

  void Prepare(LaunchId id, std::shared_ptr<const LaunchPlan> next_plan,
               std::span<const std::string> words, int connection) {
    plan = std::move(next_plan);
    extra.assign(words.begin(), words.end());
    environment = plan->environment();
    for (std::string& word : extra) environment.push_back(word.data());
    environment.push_back(nullptr);
    groups.resize(plan->parts().groups.size());
    task = {id, plan.get(), environment.data(), connection, groups.data()};
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
  sys::UniqueFd read_end(::fcntl(report.read_end.get(), F_DUPFD_CLOEXEC, kFirstFree));
  if (!read_end) return sys::LastError("fcntl", "F_DUPFD_CLOEXEC");
  report.read_end.Reset();
  if (report.write_end.get() != kReportDescriptor) {
    if (::dup3(report.write_end.get(), kReportDescriptor, O_CLOEXEC) < 0) {
      return sys::LastError("dup3");
    }
    report.write_end.Reset();
  }
  std::unique_ptr<Launcher> launcher(new Launcher(std::move(read_end)));
  sys::UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return sys::LastError("open", "/dev/null");
  launcher->null_ = sys::UniqueFd(::fcntl(null.get(), F_DUPFD_CLOEXEC, kFirstFree));
  if (!launcher->null_) return sys::LastError("fcntl", "F_DUPFD_CLOEXEC");
  null.Reset();  // it may itself hold one of the numbers claimed next
  for (int fd = kFirstSlot; fd < kFirstFree; ++fd) {
    if (::dup3(launcher->null_.get(), fd, O_CLOEXEC) < 0) return sys::LastError("dup3");
  }
  report.write_end.Release();  // number 3 stays open for as long as the process lives
  return launcher;
}

std::optional<int> Launcher::FreeSlot() {
  for (int wakeups = 0; wakeups <= kSlotWakeups; ++wakeups) {
    for (int i = 0; i < kSlots; ++i) {
      if (slots_[static_cast<std::size_t>(i)].id == 0) return i;
    }
    pollfd wait{report_read_.get(), POLLIN, 0};
    if (::poll(&wait, 1, kSlotWaitMs) <= 0) return std::nullopt;
    auto told = Collect();
    failures_.insert(failures_.end(), told.begin(), told.end());
  }
  return std::nullopt;
}

Launcher::Stage* Launcher::FreeStage() {
  for (const auto& stage : stages_) {
    if (stage->in_use.load(std::memory_order_acquire) == 0) return stage.get();
  }
  auto stage = std::make_unique<Stage>();
  if (stage->memory == nullptr) return nullptr;
  stages_.push_back(std::move(stage));
  return stages_.back().get();
}

void Launcher::Vacate(Slot& slot) {
  slot.id = 0;
  const int number = kFirstSlot + static_cast<int>(&slot - slots_.data());
  // Closes the connection and keeps the number taken, in one step. It cannot fail: both exist.
  ::dup3(null_.get(), number, O_CLOEXEC);
}

sys::Result<Launched> Launcher::Start(std::shared_ptr<const LaunchPlan> plan,
                                      std::span<const std::string> extra,
                                      sys::UniqueFd& connection) {
  const std::optional<int> index = FreeSlot();
  Stage* stage = FreeStage();
  if (!index || stage == nullptr) return std::unexpected(sys::Error{"clone", EAGAIN, {}});
  Slot& slot = slots_[static_cast<std::size_t>(*index)];
  const int number = kFirstSlot + *index;
  if (::dup3(connection.get(), number, O_CLOEXEC) < 0) return sys::LastError("dup3");
  Launched launched;
  launched.id = next_id_++;
  stage->Prepare(launched.id, std::move(plan), extra, number);
  stage->in_use.store(1, std::memory_order_release);
  slot.id = launched.id;
  int pidfd = -1;
  // No signal is caught by a handler in this process, so none can run on the child's stack.
  launched.pid = ::clone(&RunChild, stage->stack_top(),
                         CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID | SIGCHLD,
                         &stage->task, &pidfd, nullptr, &stage->in_use);
  if (launched.pid < 0) {
    const int error = errno;
    stage->in_use.store(0, std::memory_order_release);
    Vacate(slot);
    return std::unexpected(sys::Error{"clone", error, {}});
  }
  launched.pidfd = sys::UniqueFd(pidfd);
  connection.Reset();
  return launched;
}

std::vector<LaunchFailure> Launcher::Collect() {
  std::vector<LaunchFailure> failures = std::exchange(failures_, {});
  LaunchReport report;
  while (::read(report_read_.get(), &report, sizeof report) == sizeof report) {
    if (report.error != 0) {
      failures.push_back({report.id, static_cast<LaunchStep>(report.step), report.error});
      continue;
    }
    for (Slot& slot : slots_) {
      if (slot.id == report.id) Vacate(slot);
    }
  }
  return failures;
}

void Launcher::Ended(LaunchId id) {
  for (Slot& slot : slots_) {
    if (slot.id == id) Vacate(slot);
  }
}

}  // namespace postern::sandbox
