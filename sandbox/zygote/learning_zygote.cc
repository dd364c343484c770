// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/zygote/learning_zygote.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/confine/install_filter.h"
#include "sandbox/learn/hand_over.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "sandbox/zygote/zygote.h"

namespace postern::sandbox {
namespace {

constexpr std::chrono::seconds kHandOverPatience(10);
// For the zygote, after the end of posternd; and for what instances left, after that of the zygote.
constexpr std::chrono::seconds kGrace(2), kLeftGrace(5);

std::string OwnName() {
  constexpr std::size_t kNameRoom = 16;
  std::array<char, kNameRoom> name{};
  ::prctl(PR_GET_NAME, name.data());
  return name.data();
}

// Whatever has ended. True when `zygote` is among it.
bool Reap(pid_t zygote) {
  bool ended = false;
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return ended;
    ended |= info.si_pid == zygote;
  }
}

}  // namespace

sys::Status LearningZygote::Start() {
  // In a root directory without /proc nothing could be learned.
  TRY([[maybe_unused]] const sys::FileKind status, sys::Inspect("/proc/self/status"));
  TRY(ChannelPair pair, MakeChannel());
  TRY(const sys::Forked forked, sys::Fork());
  if (forked.side == sys::Side::kChild) {
    ends_.record.Reset();
    pair.ours.Reset();
    sys::ExitNow(RunZygote(pair.theirs) ? 0 : 1);
  }
  zygote_ = {forked.child, OwnName()};
  pair.theirs.Reset();
  ends_.domain.Reset();
  TRY(listener_, ReceiveListener(pair.ours, sys::Deadline(kHandOverPatience)));
  TRY_STATUS(sys::SetNoNewPrivileges());
  return InstallFilter(profile_.learning->learner);
}

// From the filter on every call waits until the learner has the listener.
sys::Status LearningZygote::RunZygote(const sys::UniqueFd& to_learner) {
  TRY(sys::UniqueFd listener, InstallListeningFilter(profile_.learning->ask));
  TRY_STATUS(HandOverListener(to_learner, listener));
  listener.Reset();
  return Zygote(profile_, std::move(ends_.channel), std::move(ends_.children),
                std::move(ends_.domain), {})
      .Run();
}

sys::Status LearningZygote::Learn() {
  Learner learner(*profile_.learning, CallListener(std::move(listener_)), zygote_);
  std::optional<sys::Deadline> end;  // posternd has gone, or the zygote has
  bool zygote_ended = false;
  while (!end || (end->left().count() > 0 && !(zygote_ended && learner.idle()))) {
    pollfd waits[] = {{learner.descriptor(), POLLIN, 0},
                      {ends_.children.get(), POLLIN, 0},
                      {end ? -1 : ends_.channel.get(), 0, 0}};
    const int ready = ::poll(waits, 3, end ? static_cast<int>(end->left().count()) : -1);
    if (ready < 0 && errno != EINTR) return sys::LastError("poll");
    if ((waits[0].revents & POLLIN) != 0) TRY_STATUS(learner.OnCalls());
    signalfd_siginfo told;
    if (waits[1].revents != 0 && ::read(ends_.children.get(), &told, sizeof told) < 0 &&
        errno != EAGAIN) {
      return sys::LastError("read", "signalfd");
    }
    if (!end && waits[2].revents != 0) end.emplace(kGrace);
    if (waits[1].revents != 0 && Reap(zygote_.pid)) {
      zygote_ended = true;
      end.emplace(kLeftGrace);
    }
  }
  return sys::WriteAll(ends_.record, EncodeLearned(learner.Finish()));
}

}  // namespace postern::sandbox
