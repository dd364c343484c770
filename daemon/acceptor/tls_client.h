// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of postern-tls and postern-keys: keeps both running with what they need, and
// passes clients on.
//
// They start with the first service that speaks TLS. Each is started again by itself when it dies;
// the files of every setup stay open, so that the next one gets the same. The edge between the two
// is made by posternd, and anew whenever one of them is new.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "daemon/acceptor/helper_client.h"
#include "daemon/acceptor/tls_judge.h"
#include "daemon/acceptor/tls_setup.h"

namespace postern::daemon {

// Who hears the answers. False means that the session is not one that may be spoken of now:
// garbage.
class TlsAnswers {
 public:
  virtual bool OnTls(const AnswerTls& answer) = 0;
  virtual bool OnTlsDone(const AnswerTlsDone& answer) = 0;
  virtual void OnTlsLost() = 0;  // everything in flight is gone

 protected:
  ~TlsAnswers() = default;
};

class TlsClient {
 public:
  TlsClient(EventLoop& loop, ProgramLog& log, TlsCommands commands);

  void SetAnswers(TlsAnswers& answers) { answers_ = &answers; }
  // Until then helpers are not started: they would keep the terminal of whoever started a daemon.
  void Start();
  void Stop();

  const TlsCommands& commands() const { return commands_; }
  // Numbers the setup, and has it served from now on. It is forgotten when nobody holds it.
  std::shared_ptr<const TlsSetup> Add(TlsSetup setup);

  // Both ends of descriptors stay the caller's, to close or keep.
  sandbox::sys::Status Ask(SessionId id, const TlsSetup& setup, std::uint32_t idle_ms, int client,
                           int service);
  void AskAdmit(SessionId id);
  void AskRefuse(SessionId id);
  void AskTruncate(SessionId id);
  void CondemnTls(const std::string& why) { tls_.Condemn(why); }

  pid_t tls_pid() const { return tls_.pid(); }
  pid_t keys_pid() const { return keys_.pid(); }

 private:
  struct KeysEvents final : HelperEvents {
    TlsClient* client = nullptr;
    void OnHelperStarted() override { client->OnKeysStarted(); }
    bool OnHelperFrame(std::span<const std::byte> frame) override {
      return client->OnKeysFrame(frame);
    }
    void OnHelperLost() override { client->keys_due_.clear(), client->keys_asked_.clear(); }
    void OnHelperIdle() override { client->GiveKeys(); }
  };
  struct TlsEvents final : HelperEvents {
    TlsClient* client = nullptr;
    void OnHelperStarted() override { client->OnTlsStarted(); }
    bool OnHelperFrame(std::span<const std::byte> frame) override {
      return client->OnTlsFrame(frame);
    }
    void OnHelperLost() override {
      client->services_due_.clear(), client->services_asked_.clear();
      client->answers_->OnTlsLost();
    }
    void OnHelperIdle() override { client->GiveServices(); }
  };

  void StartIfNeeded();
  void OnKeysStarted();
  void OnTlsStarted();
  bool OnKeysFrame(std::span<const std::byte> frame);
  bool OnTlsFrame(std::span<const std::byte> frame);
  void MakeEdge();
  bool OnVerdict(const AnswerKey& answer);
  bool OnVerdict(const AnswerTlsService& answer);
  void TellOverdrawn(SessionId id);
  void GiveKeys();
  void GiveServices();
  void Forget(TlsSetup* setup);
  const TlsSetup* Find(TlsServiceId id) const;

  EventLoop& loop_;
  ProgramLog& log_;
  TlsCommands commands_;
  KeysEvents keys_events_;
  TlsEvents tls_events_;
  HelperClient keys_, tls_;
  TlsAnswers* answers_ = nullptr;
  bool may_start_ = false, started_ = false, stopped_ = false;
  std::set<const TlsSetup*> setups_;
  // What a helper is still to be given: all at once is more than waits for one that reads slowly.
  std::deque<const TlsSetup*> keys_due_, services_due_;
  // Which it has been given, and has not judged yet: each verdict comes once.
  std::set<KeyIndex> keys_asked_;
  std::set<TlsServiceId> services_asked_;
  std::optional<policy::Instant> told_overdrawn_;
  std::uint64_t untold_overdrawn_ = 0;
  TlsServiceId next_service_ = 1;
  KeyIndex next_key_ = 1;
  std::shared_ptr<TlsClient*> self_;  // outlived by setups at the daemon's end
};

}  // namespace postern::daemon
