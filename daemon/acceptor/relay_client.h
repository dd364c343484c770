// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of postern-relay: what helper_client.h does for every helper, and what a relay
// may answer. While there is no relay, Ask… fails and the caller refuses the connection.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "daemon/acceptor/helper_client.h"
#include "daemon/protocol.h"

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
  virtual bool OnProxy(const AnswerProxy& answer) = 0;
  virtual void OnRelayLost() = 0;  // everything in flight is gone

 protected:
  ~RelayAnswers() = default;
};

class RelayClient final : private HelperEvents {
 public:
  static constexpr std::chrono::milliseconds kReadyPatience = HelperClient::kReadyPatience;

  // `command` is the helper's argv.
  RelayClient(EventLoop& loop, ProgramLog& log, std::vector<std::string> command,
              std::chrono::milliseconds ready_patience = kReadyPatience);

  void Start(RelayAnswers& answers);  // they must outlive this
  void Stop() { helper_.Stop(); }

  // The names tcpmux may start, at most kMaxMuxNames of at most kMaxMuxName bytes, and the numbers
  // they come back as. Kept for every later relay.
  struct MuxName {
    std::uint32_t index;
    std::string name;
  };
  void SetMuxNames(std::vector<MuxName> names);

  // As HelperClient::Ask().
  template <typename Frame>
  sandbox::sys::Status Ask(const Frame& frame, std::span<const int> descriptors) {
    return helper_.Ask(frame, descriptors);
  }
  void Condemn(const std::string& why) { helper_.Condemn(why); }

  pid_t pid() const { return helper_.pid(); }
  bool running() const { return helper_.running(); }

 private:
  void OnHelperStarted() override;
  bool OnHelperFrame(std::span<const std::byte> bytes) override;
  void OnHelperLost() override;
  void OnHelperIdle() override;
  void SendMuxNames();

  RelayAnswers* answers_ = nullptr;
  std::vector<MuxName> mux_names_;
  bool names_due_ = false;  // to be sent when the queue is empty
  HelperClient helper_;     // last: it tells of its end
};

}  // namespace postern::daemon
