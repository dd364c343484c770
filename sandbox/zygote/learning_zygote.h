// SPDX-License-Identifier: BSD-2-Clause
// A sealed zygote's work when its service is learned: it forks. The child is the zygote that starts
// instances, under the filter that asks about every call; the parent, init of the pid namespace,
// answers and counts (sandbox/learn/learner.h), and ends when the child has ended, or a little
// after posternd has closed the channel. With it the kernel ends everything that still runs.
//
// Why two processes: a zygote under that filter cannot answer itself; one that is not would have to
// let its instances install it, each for itself, and could not be under a stricter one. As their
// init, the learner may look at all of them where only ancestors may (Yama), and survives them.
#pragma once

#include <utility>

#include "sandbox/learn/learner.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox {

struct LearningEnds {
  sys::UniqueFd channel;   // to posternd
  sys::UniqueFd children;  // a signalfd of SIGCHLD
  sys::UniqueFd domain;    // see Zygote
  sys::UniqueFd record;    // what was learned goes there (sandbox/learn/learned.h), in the end
};

class LearningZygote {
 public:
  // `profile` has a learning plan. The calling process is sealed and has one thread.
  LearningZygote(const Profile& profile, LearningEnds ends)
      : profile_(profile), ends_(std::move(ends)) {}

  // Returns in the learner alone, ready to learn. An error: nothing runs, and nothing can.
  sys::Status Start();
  // Until the zygote has ended; then writes the record.
  sys::Status Learn();

  const sys::UniqueFd& channel() const { return ends_.channel; }

 private:
  sys::Status RunZygote(const sys::UniqueFd& to_learner);

  const Profile& profile_;
  LearningEnds ends_;
  sys::UniqueFd listener_;
  Learner::Launcher zygote_;
};

}  // namespace postern::sandbox
