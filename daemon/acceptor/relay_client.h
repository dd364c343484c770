// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of postern-relay: starts it, asks it, hears its answers, starts it again.
//
// A relay that dies, or that says something daemon/protocol.h does not allow, is killed; its
// sessions are reported lost, and a new one is started with growing pauses. While there is none,
// Ask… fails and the caller refuses the connection. So it is with one that lives but does not say
// in time that it is ready.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "daemon/acceptor/event_loop.h"
#include "daemon/log/program_log.h"
#include "daemon/protocol.h"
#include "sandbox/channel.h"
#include "sandbox/helper.h"

namespace postern::daemon {

// Who hears the answers. False means that the session is not one the relay may speak of now:
// garbage.
class RelayAnswers {
 public:
  virtual bool OnDone(const AnswerDone& answer) = 0;
  virtual bool OnMux(const AnswerMux& answer) = 0;
  virtual bool OnBanner(const AnswerBanner& answer) = 0;
  virtual bool OnDatagram(const AnswerDatagram& answer) = 0;
  virtual bool OnSplice(const AnswerSplice& answer) = 0;
  virtual void OnRelayLost() = 0;  // everything in flight is gone

 protected:
  ~RelayAnswers() = default;
};

class RelayClient {
 public:
  // Far more than it takes to start and to confine itself, on whatever machine.
  static constexpr std::chrono::milliseconds kReadyPatience = std::chrono::seconds(30);

  // `command` is the helper's argv.
  RelayClient(EventLoop& loop, ProgramLog& log, std::vector<std::string> command,
              std::chrono::milliseconds ready_patience = kReadyPatience);
  ~RelayClient();
  RelayClient(const RelayClient&) = delete;
  RelayClient& operator=(const RelayClient&) = delete;

  void Start(RelayAnswers& answers);  // they must outlive this
  void Stop();                        // for the daemon's end: kills it and does not start another

  // The names tcpmux may start, at most kMaxMuxNames of at most kMaxMuxName bytes, and the numbers
  // they come back as. Kept for every later relay.
  struct MuxName {
    std::uint32_t index;
    std::string name;
  };
  void SetMuxNames(std::vector<MuxName> names);

  // The descriptors stay the caller's, to close or keep. A relay that is slow to read is asked
  // later, from a bounded queue; when that is full, or no relay runs, nothing was asked.
  template <typename Frame>
  sandbox::sys::Status Ask(const Frame& frame, std::span<const int> descriptors) {
    return Send(AsFrame(frame), descriptors);
  }

  // Kills a relay that has failed; what it had in flight is reported lost.
  void Condemn(const std::string& why);

  pid_t pid() const { return helper_.pid; }
  bool running() const { return static_cast<bool>(helper_.channel); }

 private:
  // Dispatches readiness of one of two descriptors to a member.
  struct Handler final : EventHandler {
    RelayClient* client = nullptr;
    void (RelayClient::*on_ready)(std::uint32_t) = nullptr;
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
  void SendMuxNames();
  sandbox::sys::Status Send(std::span<const std::byte> frame, std::span<const int> descriptors);

  struct Queued {
    std::vector<std::byte> frame;
    std::vector<sandbox::sys::UniqueFd> descriptors;
  };
  static constexpr std::size_t kMaxQueued = 1024;

  EventLoop& loop_;
  ProgramLog& log_;
  std::vector<std::string> command_;
  RelayAnswers* answers_ = nullptr;
  sandbox::Helper helper_;
  Handler channel_, death_;
  EventLoop::WatchId channel_watch_ = 0, death_watch_ = 0;
  std::deque<Queued> queue_;
  EventLoop::TimerId restart_ = 0, ready_deadline_ = 0;
  std::chrono::milliseconds pause_{0}, ready_patience_;
  policy::Instant started_{}, last_heard_{};
  bool ready_ = false;
  bool stopped_ = false;
  std::vector<MuxName> mux_names_;
  bool names_due_ = false;  // to be sent when the queue is empty
};

}  // namespace postern::daemon
