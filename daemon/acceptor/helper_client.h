// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of a helper process, whatever it is for: starts it, asks it, hears its answers,
// starts it again.
//
// A helper that dies, or that says something its protocol does not allow, is killed; what it had in
// flight is reported lost, and a new one is started with growing pauses. While there is none,
// Ask… fails. So it is with one that lives but does not say in time that it is ready.
#pragma once

#include <chrono>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "daemon/acceptor/event_loop.h"
#include "daemon/helper_protocol.h"
#include "daemon/log/program_log.h"
#include "sandbox/channel.h"
#include "sandbox/helper.h"

namespace postern::daemon {

class HelperEvents {
 public:
  // A helper has been started; it may be asked before it is ready.
  virtual void OnHelperStarted() = 0;
  // A frame without descriptors, from a helper that is ready. False: it may not say that now.
  virtual bool OnHelperFrame(std::span<const std::byte> frame) = 0;
  virtual void OnHelperLost() = 0;  // everything in flight is gone
  virtual void OnHelperIdle() = 0;  // what had to wait for it has been asked

 protected:
  ~HelperEvents() = default;
};

class HelperClient {
 public:
  // Far more than it takes to start and to confine itself, on whatever machine.
  static constexpr std::chrono::milliseconds kReadyPatience = std::chrono::seconds(30);
  static constexpr std::size_t kMaxQueued = 1024;

  // `title` is for the log: "the relay". `command` is the helper's argv.
  HelperClient(EventLoop& loop, ProgramLog& log, std::string title,
               std::vector<std::string> command, std::chrono::milliseconds ready_patience);
  ~HelperClient();
  HelperClient(const HelperClient&) = delete;
  HelperClient& operator=(const HelperClient&) = delete;

  void Start(HelperEvents& events);  // they must outlive this
  void Stop();                       // for the daemon's end: kills it and does not start another
  void Dismiss();                    // the same, and it is gone when this returns

  // The descriptors stay the caller's, to close or keep. A helper that is slow to read is asked
  // later, from a bounded queue; when that is full, or no helper runs, nothing was asked.
  template <typename Frame>
  sandbox::sys::Status Ask(const Frame& frame, std::span<const int> descriptors) {
    return Send(AsFrame(frame), descriptors);
  }
  sandbox::sys::Status AskBytes(std::span<const std::byte> frame,
                                std::span<const int> descriptors) {
    return Send(frame, descriptors);
  }
  // Of something that the helper has: that is not lost when the queue is full. Who tells sees to it
  // that each thing is told of a few times at most. Without a helper, nobody has anything.
  template <typename Frame>
  void Tell(const Frame& frame) {
    sandbox::sys::IgnoreError(Send(AsFrame(frame), {}, kUnbounded),
                              "a helper whose channel fails has nothing more");
  }
  std::size_t queued() const { return queue_.size(); }

  // Kills a helper that has failed; what it had in flight is reported lost.
  void Condemn(const std::string& why);

  pid_t pid() const { return helper_.pid; }
  bool running() const { return static_cast<bool>(helper_.channel); }
  bool ready() const { return running() && ready_; }

 private:
  static constexpr std::size_t kUnbounded = SIZE_MAX;

  // Dispatches readiness of one of two descriptors to a member.
  struct Handler final : EventHandler {
    HelperClient* client = nullptr;
    void (HelperClient::*on_ready)(std::uint32_t) = nullptr;
    void OnReady(std::uint32_t ready) override { (client->*on_ready)(ready); }
  };

  void Launch();
  void ScheduleRestart();
  void OnChannel(std::uint32_t ready);
  void ReadFrames();
  void OnDeath(std::uint32_t ready);
  void DropChannel();
  void FlushQueue();
  sandbox::sys::Status Enqueue(std::span<const std::byte> frame, std::span<const int> descriptors);
  bool Dispatch(std::span<const std::byte> bytes);
  sandbox::sys::Status Send(std::span<const std::byte> frame, std::span<const int> descriptors,
                            std::size_t most_queued = kMaxQueued);

  struct Queued {
    std::vector<std::byte> frame;
    std::vector<sandbox::sys::UniqueFd> descriptors;
  };

  EventLoop& loop_;
  ProgramLog& log_;
  std::string title_;
  std::vector<std::string> command_;
  HelperEvents* events_ = nullptr;
  sandbox::Helper helper_;
  Handler channel_, death_;
  EventLoop::WatchId channel_watch_ = 0, death_watch_ = 0;
  std::deque<Queued> queue_;
  EventLoop::TimerId restart_ = 0, ready_deadline_ = 0;
  std::chrono::milliseconds pause_{0}, ready_patience_;
  policy::Instant started_{}, last_heard_{};
  bool ready_ = false;
  bool stopped_ = false;
};

}  // namespace postern::daemon
