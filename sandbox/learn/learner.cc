// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/learner.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "sandbox/learn/task_facts.h"
#include "sandbox/sys/wait.h"

namespace postern::sandbox {
namespace {

constexpr std::size_t kMostAtOnce = 64;
constexpr std::chrono::milliseconds kEndPatience(5);
constexpr std::uint64_t kMeasureEvery = 256;       // calls of one task
constexpr std::uint64_t kMostDescriptors = 65536;  // looked for
constexpr std::uint64_t kMostFilesAtEnd = 256;     // of one process

bool Executes(std::uint32_t call) { return call == SYS_execve || call == SYS_execveat; }

// Only their lower halves count.
int DescriptorOf(std::uint64_t argument) { return static_cast<int>(argument); }

void Raise(std::uint64_t& peak, std::uint64_t value) { peak = std::max(peak, value); }

}  // namespace

// Until it is received, a signal ends a call, with EINTR where its handler asks for that; and most
// signals are SIGCHLD. So all are received before one is answered, and while a process ends.
sys::Status Learner::OnCalls() {
  TRY_STATUS(ReceiveAll());
  while (!received_.empty()) {
    const WaitingCall call = received_.front();
    received_.pop_front();
    TRY_STATUS(OnCall(call));
    if (call.facts.number == SYS_exit_group) TRY_STATUS(SeeOff(call.caller));
  }
  return {};
}

sys::Status Learner::ReceiveAll() {
  while (received_.size() < kMostAtOnce && calls_.Waits()) {
    TRY(const auto call, calls_.Receive());
    if (call) received_.push_back(*call);
  }
  return {};
}

// It will have told its parent when it is a zombie.
sys::Status Learner::SeeOff(pid_t task) {
  const sys::Deadline enough(kEndPatience);
  while (enough.left().count() > 0 && !HasEnded(task)) TRY_STATUS(ReceiveAll());
  return {};
}

// What takes no right passes uncounted where it is the launching. Who is told apart by a name and a
// number, which a service can come to have as well: so everybody's calls are judged.
sys::Status Learner::OnCall(const WaitingCall& call) {
  TRY(const std::uint32_t action, Judge(call));
  const bool allowed = action == SECCOMP_RET_ALLOW;
  if (allowed && call.caller == launcher_.pid) return calls_.Proceed(call);
  // 0 is somebody that this pid namespace does not see.
  if (call.caller <= 0) return std::unexpected(sys::Error{"ioctl", ESRCH, "caller"});
  Task* const task = Know(call.caller);
  if (task == nullptr) return calls_.Refuse(call, ESRCH);
  if (allowed && task->launching) {
    task->stale = true;
    return calls_.Proceed(call);
  }
  return Learn(call, *task, action);
}

// Null when it is gone.
Learner::Task* Learner::Know(pid_t number) {
  const auto [at, is_new] = tasks_.try_emplace(number);
  Task& task = at->second;
  if (!task.stale) return &task;
  const bool was_launching = is_new || task.launching;
  Refresh(number, task);
  if (task.process == 0) {
    tasks_.erase(at);
    return nullptr;
  }
  if (task.launching || !was_launching) return &task;
  if (task.process == number) ++learned_.processes;
  CountTasks();
  const auto still = tasks_.find(number);
  return still == tasks_.end() ? nullptr : &still->second;
}

void Learner::Refresh(pid_t number, Task& task) {
  task.stale = false;
  task.process = 0;
  const auto status = ReadTaskStatus(number);
  if (!status) return;
  task.process = status->process;
  task.launching = status->name == launcher_.name;
  if (!task.launching) task.program = ProgramOf(number, status->name);
}

sys::Status Learner::Learn(const WaitingCall& call, Task& task, std::uint32_t action) {
  LearnedCall& counted = learned_.calls[call.facts.number];
  if (counted.count++ == 0) counted.first_by = task.program;
  CountArguments(call);
  if (action == SECCOMP_RET_ALLOW) {
    LearnFiles(call);
    if (call.facts.number == SYS_connect) LearnConnection(call);
  }
  Measure(call, task);
  Forget(call);
  return Answer(call, action, counted);
}

void Learner::CountArguments(const WaitingCall& call) {
  if (!HasKeptArguments(call.facts.number)) return;
  const Learned::ArgumentKey key{call.facts.number,
                                 KeptArguments(call.facts.number, call.facts.arguments)};
  const bool room = learned_.arguments.size() < Learned::kMostArguments;
  if (room || learned_.arguments.contains(key)) {
    ++learned_.arguments[key];
  } else {
    ++learned_.arguments_left_out;
  }
}

sys::Result<std::uint32_t> Learner::Judge(const WaitingCall& call) {
  Learned::ArgumentKey key{call.facts.number,
                           KeptArguments(call.facts.number, call.facts.arguments)};
  if (const auto known = verdicts_.find(key); known != verdicts_.end()) return known->second;
  TRY(const std::uint32_t action, filter::Evaluate(plan_.judge, call.facts));
  if (verdicts_.size() < 2 * Learned::kMostArguments) verdicts_.emplace(key, action);
  return action;
}

sys::Status Learner::Answer(const WaitingCall& call, std::uint32_t action, LearnedCall& counted) {
  if (action == SECCOMP_RET_ALLOW) return calls_.Proceed(call);
  if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) {
    ++counted.refused;
    return calls_.Refuse(call, static_cast<int>(action & SECCOMP_RET_DATA));
  }
  ++counted.killed;
  // Its number is its own as long as its call waits. Who may not be killed, having become another
  // user, does not get the call either.
  if (calls_.StillWaits(call) && ::kill(call.caller, SIGKILL) == 0) return {};
  return calls_.Refuse(call, EPERM);
}

void Learner::LearnFiles(const WaitingCall& call) {
  for (const PathArgument& path : PathsOf(call.facts.number)) {
    const int directory =
        path.directory < 0
            ? AT_FDCWD
            : DescriptorOf(call.facts.arguments[static_cast<std::size_t>(path.directory)]);
    LearnFile(call, directory, call.facts.arguments[path.path], UseOf(path, call.facts.arguments));
  }
}

void Learner::LearnFile(const WaitingCall& call, int directory, std::uint64_t name, FileUse use) {
  if (name == 0) return;
  const auto text = ReadText(call.caller, name);
  // Without a name it is the descriptor's own file (AT_EMPTY_PATH).
  if (text && text->empty()) return;
  const auto path = text ? AbsolutePath(call.caller, directory, *text) : std::nullopt;
  // What was read may have been another's, if it is gone by now.
  if (!calls_.StillWaits(call)) return;
  if (!path) {
    ++learned_.files_unread;
    return;
  }
  AddFile(*path, use);
}

void Learner::AddFile(const std::string& path, FileUse use) {
  const auto known = learned_.files.find(path);
  if (known != learned_.files.end()) {
    known->second.use |= use;
    ++known->second.count;
    return;
  }
  if (learned_.files.size() >= Learned::kMostFiles ||
      file_bytes_ + path.size() > Learned::kMostFileBytes) {
    ++learned_.files_left_out;
    return;
  }
  file_bytes_ += path.size();
  LearnedFile file{use, 1, FoundAs::kNothing, false};
  file.found = LookAt(path, file.set_id);
  learned_.files.emplace(path, file);
}

void Learner::LearnConnection(const WaitingCall& call) {
  const auto destination =
      ReadDestination(call.caller, call.facts.arguments[1], call.facts.arguments[2]);
  if (!destination) {
    ++learned_.connections_left_out;
    return;
  }
  const auto path = destination->path.empty()
                        ? std::nullopt
                        : AbsolutePath(call.caller, AT_FDCWD, destination->path);
  if (!calls_.StillWaits(call)) return;
  if (path) return AddFile(*path, kConnects);
  const bool room = learned_.connections.size() < Learned::kMostConnections;
  if (room || learned_.connections.contains(destination->to)) {
    ++learned_.connections[destination->to];
  } else {
    ++learned_.connections_left_out;
  }
}

void Learner::Measure(const WaitingCall& call, Task& task) {
  MeasureDescriptors(call, task);
  const std::uint32_t number = call.facts.number;
  const bool ends = number == SYS_exit_group || Executes(number);
  if (number == SYS_close) {
    Raise(learned_.peaks.file_bytes,
          WrittenFileSize(call.caller, call.facts.arguments[0] & 0xffffffff));
  }
  if (ends) {
    const std::uint64_t most = std::min(learned_.peaks.descriptors, kMostFilesAtEnd);
    for (std::uint64_t one = 0; one < most; ++one) {
      Raise(learned_.peaks.file_bytes, WrittenFileSize(call.caller, one));
    }
  }
  if (ends || number == SYS_exit || ++task.calls % kMeasureEvery == 0) MeasureProcess(call.caller);
}

void Learner::MeasureProcess(pid_t task) {
  if (const auto status = ReadTaskStatus(task)) {
    Raise(learned_.peaks.address_kib, status->address_peak_kib);
    Raise(learned_.peaks.resident_kib, status->resident_peak_kib);
  }
  Raise(learned_.peaks.cpu_ms, CpuMilliseconds(task));
}

// The kernel gives the lowest free number, so that the peak moves by one at a time, unless a
// process asks for more.
void Learner::MeasureDescriptors(const WaitingCall& call, Task& task) {
  std::uint64_t& peak = learned_.peaks.descriptors;
  if (std::exchange(task.may_have_more_descriptors, false)) {
    while (peak < kMostDescriptors && HasDescriptor(call.caller, peak)) ++peak;
  }
  task.may_have_more_descriptors = MakesDescriptor(call.facts.number);
  std::uint64_t asked = 0;
  const auto& arguments = call.facts.arguments;
  const std::uint64_t command = arguments[1] & 0xffffffff;
#if defined(SYS_dup2)
  if (call.facts.number == SYS_dup2) asked = arguments[1] & 0xffffffff;
#endif
  if (call.facts.number == SYS_dup3) asked = arguments[1] & 0xffffffff;
  if (call.facts.number == SYS_fcntl && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) {
    asked = arguments[2] & 0xffffffff;
  }
  if (asked < kMostDescriptors && HasDescriptor(call.caller, arguments[0] & 0xffffffff)) {
    Raise(peak, asked + 1);
  }
}

// After it has been answered a process that ends may make no call any more; another one of that
// number is new.
void Learner::Forget(const WaitingCall& call) {
  const auto at = tasks_.find(call.caller);
  const std::uint32_t number = call.facts.number;
  if (number == SYS_exit) {
    tasks_.erase(at);
  } else if (number == SYS_exit_group) {
    const pid_t process = at->second.process;
    std::erase_if(tasks_, [process](const auto& one) { return one.second.process == process; });
  } else if (Executes(number)) {
    at->second.stale = true;
  }
}

std::uint64_t Learner::LivingTasks() {
  std::uint64_t living = 0;
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    if (::kill(at->first, 0) != 0 && errno == ESRCH) {
      at = tasks_.erase(at);
      continue;
    }
    living += at->second.launching ? 0U : 1U;
    ++at;
  }
  return living;
}

// Of many, not each new one: all of them are looked at.
void Learner::CountTasks() {
  std::uint64_t& peak = learned_.peaks.tasks;
  if (tasks_.size() > peak + peak / 16) Raise(peak, LivingTasks());
}

Learned Learner::Finish() {
  learned_.cut_off = LivingTasks();
  return std::move(learned_);
}

}  // namespace postern::sandbox
