// SPDX-License-Identifier: BSD-2-Clause
// Learns what a service does: answers every call that its processes make, and counts it first.
//
// Runs in the init of the service's sandbox, as the service's user, under a filter of its own that
// leaves it no more than this work (sandbox/filter/learning_filters.h). Who starts the instances is
// another process, whose calls pass uncounted, and so do those of its children until they execute
// the program: the kernel keeps their name (comm) as the launcher's until then. A service may give
// itself that name; what it hides then is missing from its own profile, and gets it nothing that
// it would be denied.
//
// What a call gets is what a permissive profile's filter answers, by registers alone: it goes on,
// or it is refused with the errno that every profile refuses it with; and whoever makes a call that
// is always denied is killed before it is made. Whatever goes wrong here, nothing goes on that was
// not answered: without its learner the kernel ends the service with its pid namespace.
//
// LIMITS. Files are learned by name, before the call and as text; of a process that changed its
// user, not at all. Peaks are read when a process ends, executes, and now and then: one that is
// killed may have had more.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "sandbox/learn/call_listener.h"
#include "sandbox/learn/learned.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

class Learner {
 public:
  // Who starts the instances: its process id and its name (comm).
  struct Launcher {
    pid_t pid = 0;
    std::string name;
  };
  Learner(const LearningPlan& plan, CallListener calls, Launcher launcher)
      : plan_(plan), calls_(std::move(calls)), launcher_(std::move(launcher)) {}

  int descriptor() const { return calls_.descriptor(); }

  // For a readable listener: the calls that wait now. An error is one to end for.
  sys::Status OnCalls();

  // Whether anything but the launcher is left to be learned.
  bool idle() { return LivingTasks() == 0; }

  // Nothing is learned after that.
  Learned Finish();

 private:
  struct Task {
    std::string program;
    pid_t process = 0;
    bool launching = false;  // executes the program next
    bool stale = true;       // may be another program by now
    bool may_have_more_descriptors = false;
    std::uint64_t calls = 0;
  };

  sys::Status OnCall(const WaitingCall& call);
  sys::Status ReceiveAll();
  sys::Status SeeOff(pid_t task);
  Task* Know(pid_t task);
  void Refresh(pid_t task, Task& known);
  sys::Status Learn(const WaitingCall& call, Task& task, std::uint32_t action);
  sys::Result<std::uint32_t> Judge(const WaitingCall& call);
  sys::Status Answer(const WaitingCall& call, std::uint32_t action, LearnedCall& counted);
  void CountArguments(const WaitingCall& call);
  void LearnFiles(const WaitingCall& call);
  void LearnFile(const WaitingCall& call, int directory, std::uint64_t name, FileUse use);
  void AddFile(const std::string& path, FileUse use);
  void LearnConnection(const WaitingCall& call);
  void Measure(const WaitingCall& call, Task& task);
  void MeasureProcess(pid_t task);
  void MeasureDescriptors(const WaitingCall& call, Task& task);
  void Forget(const WaitingCall& call);
  void CountTasks();
  std::uint64_t LivingTasks();

  const LearningPlan& plan_;
  CallListener calls_;
  std::deque<WaitingCall> received_;
  Launcher launcher_;
  Learned learned_;
  std::size_t file_bytes_ = 0;
  std::unordered_map<pid_t, Task> tasks_;
  std::map<Learned::ArgumentKey, std::uint32_t> verdicts_;
};

}  // namespace postern::sandbox
