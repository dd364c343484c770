// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of one postern-zygote: starts it, has it start instances, hears how they end.
//
// Nothing here waits: instances asked for before the sandbox is ready, or while the channel is
// full, are queued. A zygote that dies, or says what sandbox/zygote/protocol.h does not allow, is
// killed; its instances are reported lost. Owned by Zygotes, which starts another when one is
// needed.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/instance_events.h"
#include "daemon/acceptor/leftovers.h"
#include "daemon/log/program_log.h"
#include "sandbox/helper.h"
#include "sandbox/profile.h"
#include "sandbox/sys/process.h"
#include "sandbox/zygote/protocol.h"

namespace postern::daemon {

class Zygote final : private Adopter {
 public:
  // Far more than it takes to make a sandbox, on whatever machine.
  static constexpr std::chrono::milliseconds kReadyPatience = std::chrono::seconds(30);
  // Without an answer to any of the launches it was asked for; the clients wait meanwhile.
  static constexpr std::chrono::milliseconds kAnswerPatience = std::chrono::seconds(20);

  // `over` is called when the process is gone; the zygote may be destroyed after that, not in it.
  Zygote(EventLoop& loop, ProgramLog& log, InstanceEvents& events,
         std::shared_ptr<const sandbox::Profile> profile, std::function<void()> over);
  ~Zygote();  // lets go of it: it ends with its last instance
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  // As sandbox::StartZygote(). An error: there is no process, and `over` is not called.
  sandbox::sys::Status Start(const std::string& program, const sandbox::sys::UniqueFd& record);

  struct Launch {
    sandbox::LaunchId id = 0;
    std::uint32_t program = 0;  // index in Profile::programs
    std::vector<std::string> words;
    sandbox::sys::UniqueFd connection;
    // What an access rule changes.
    std::optional<std::uint32_t> umask = {};
    std::optional<int> priority = {};
    bool replaces = false;  // the words take the place of planned ones of the same name
    std::optional<std::chrono::seconds> lifetime = {};  // for what it leaves running, too
  };
  // E2BIG: the words are too many. EAGAIN: the queue is full. PeerIsGone(): it has died a moment
  // ago, which is told next. The connection is untouched then.
  sandbox::sys::Status Ask(Launch& launch);

  bool open() const { return static_cast<bool>(helper_.channel); }  // takes more
  bool idle() const { return running_.empty() && queue_.empty(); }
  bool proven() const { return proven_; }  // the sandbox was made, and an instance began in it
  bool retired() const { return retired_; }
  bool over() const { return over_told_; }  // there is no process any more
  pid_t pid() const { return helper_.pid; }
  const std::shared_ptr<const sandbox::Profile>& profile() const { return profile_; }

  // For one that is idle: it takes nothing more, and ends when nothing is left running in it.
  void Retire();
  void Kill();  // with a pid namespace, all its instances too
  // Kills it if somebody has stopped it, which its own user may (kill(2)): it does not tell of ends
  // any more.
  void KillStopped();

 private:
  struct Handler final : EventHandler {
    Zygote* zygote = nullptr;
    void (Zygote::*on_ready)(std::uint32_t) = nullptr;
    void OnReady(std::uint32_t ready) override { (zygote->*on_ready)(ready); }
  };
  enum class State : std::uint8_t { kAsked, kStarted, kFailed };
  struct Instance {
    State state = State::kAsked;
    std::optional<std::chrono::seconds> lifetime;
    pid_t pid = 0;
    policy::Instant started{};
  };
  using Running = std::unordered_map<sandbox::LaunchId, Instance>;

  pid_t adopter_pid() const override { return sealed_pid_; }
  std::vector<pid_t> Programs() const override;
  void WhenQuiet(std::function<void()> act) override;
  void ActIfQuiet();

  sandbox::sys::Status Watch();
  sandbox::sys::Status Send(Launch& launch);
  void Begin();
  void OnChannel(std::uint32_t ready);
  void ReadFrames(int most);
  bool Dispatch(std::span<const std::byte> bytes, pid_t sender);
  bool OnReadyAnswer(const sandbox::AnswerReady& answer, pid_t sender);
  bool OnRefused(const sandbox::AnswerRefused& answer);
  bool OnStarted(const sandbox::AnswerStarted& answer, pid_t sender);
  bool OnFailed(const sandbox::AnswerFailed& answer);
  bool OnEnded(const sandbox::AnswerEnded& answer);
  bool OnUnlisted(const sandbox::AnswerUnlisted& answer);
  void Answered(State state);
  void WatchAnswers();
  void CheckAnswers();
  void Flush();
  void SetWritable(bool wanted);
  void OnDeath(std::uint32_t ready);
  void Close();
  void Condemn(const std::string& why);
  void Lose(const std::string& why);

  EventLoop& loop_;
  ProgramLog& log_;
  InstanceEvents& events_;
  std::shared_ptr<const sandbox::Profile> profile_;
  std::function<void()> over_;
  sandbox::Helper helper_;
  Handler channel_, death_;
  EventLoop::WatchId channel_watch_ = 0, death_watch_ = 0;
  EventLoop::TimerId ready_deadline_ = 0, answer_timer_ = 0;
  policy::Instant last_answer_{};  // or since when one is waited for
  std::size_t unanswered_ = 0;     // of running_, those in State::kAsked
  std::deque<Launch> queue_;
  std::optional<sandbox::LaunchId> to_begin_;  // sent, but for its AskBegin: the channel was full
  Running running_;
  pid_t sealed_pid_ = 0;  // not the helper's where the pid namespace is of its own making
  Leftovers leftovers_;
  std::function<void()> when_quiet_;
  bool ready_ = false, writable_wanted_ = false, proven_ = false;
  bool retired_ = false, over_told_ = false;
  std::string why_lost_;
};

}  // namespace postern::daemon
