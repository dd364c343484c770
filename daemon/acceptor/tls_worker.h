// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of one postern-tls and the postern-keys that signs for it: keeps both running
// with what they need, and knows which sessions they have.
//
// Each is started again by itself when it dies; the files of every setup stay open, so that the
// next one gets the same. The edge between the two is made by posternd, and anew whenever one of
// them is new.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "daemon/acceptor/helper_client.h"
#include "daemon/acceptor/tls_answers.h"
#include "daemon/acceptor/tls_choice.h"
#include "daemon/acceptor/tls_judge.h"
#include "daemon/acceptor/tls_setup.h"

namespace postern::daemon {

using OpenSetups = std::set<const TlsSetup*>;

// One that is to be served. Both ends of descriptors stay the caller's, to close or keep.
struct TlsRequest {
  SessionId id;
  const TlsSetup& setup;
  std::uint32_t idle_ms;
  int client, service;
};

class TlsWorker {
 public:
  // `setups`: all that there are, now and later. Started at once.
  TlsWorker(EventLoop& loop, ProgramLog& log, const TlsCommands& commands, const OpenSetups& setups,
            TlsAnswers& answers);
  TlsWorker(const TlsWorker&) = delete;
  TlsWorker& operator=(const TlsWorker&) = delete;

  void Stop();     // for the daemon's end
  void Dismiss();  // of one that has no session: both processes are gone when this returns

  // A setup has come, or goes.
  void Add(const TlsSetup& setup);
  void Forget(const TlsSetup& setup);

  WorkerState StateFor(const TlsSetup& setup) const;
  sandbox::sys::Status Ask(const TlsRequest& request);
  bool Has(SessionId id) const { return sessions_.contains(id); }
  void AskAdmit(SessionId id);
  void AskRefuse(SessionId id);
  void AskTruncate(SessionId id);
  void CondemnTls(const std::string& why) { tls_.Condemn(why); }

  bool ready() const { return keys_.ready() && tls_.ready(); }
  std::size_t sessions() const { return sessions_.size(); }
  pid_t tls_pid() const { return tls_.pid(); }
  pid_t keys_pid() const { return keys_.pid(); }

 private:
  struct KeysEvents final : HelperEvents {
    TlsWorker* worker = nullptr;
    void OnHelperStarted() override { worker->OnKeysStarted(); }
    bool OnHelperFrame(std::span<const std::byte> frame) override {
      return worker->OnKeysFrame(frame);
    }
    void OnHelperLost() override { worker->OnKeysLost(); }
    void OnHelperIdle() override { worker->OnKeysIdle(); }
  };
  struct TlsEvents final : HelperEvents {
    TlsWorker* worker = nullptr;
    void OnHelperStarted() override { worker->OnTlsStarted(); }
    bool OnHelperFrame(std::span<const std::byte> frame) override {
      return worker->OnTlsFrame(frame);
    }
    void OnHelperLost() override { worker->OnTlsLost(); }
    void OnHelperIdle() override { worker->GiveServices(); }
  };

  // A client whose allowance is on its way to postern-keys.
  struct Unallowed {
    AskTls ask;
    sandbox::sys::UniqueFd client, service;
  };

  void OnKeysStarted();
  void OnKeysLost();
  void OnKeysIdle();
  void OnTlsStarted();
  void OnTlsLost();
  bool OnKeysFrame(std::span<const std::byte> frame);
  bool OnTlsFrame(std::span<const std::byte> frame);
  bool OnDone(const AnswerTlsDone& done);
  sandbox::sys::Status PassOn(const AskTls& ask, int client, int service);
  void PassOnAll();
  bool IsPassedOn(SessionId id) const;  // of no other may postern-tls speak
  void MakeEdge();
  bool OnVerdict(const AnswerKey& answer);
  bool OnVerdict(const AnswerTlsService& answer);
  void TellFlaws(const std::vector<TlsFlaw>& flaws);
  bool OnEdgeGarbage(const AnswerEdgeGarbage& answer);
  void TellOverdrawn(SessionId id);
  void GiveKeys();
  void GiveKeysOf(const TlsSetup& setup);
  void GiveServices();
  void GiveService(const TlsSetup& setup);
  bool IsDue(const TlsSetup& setup) const;
  bool MayHurry(const TlsSetup& setup) const;  // of one that is due
  void Hurry(const TlsSetup& setup);

  EventLoop& loop_;
  ProgramLog& log_;
  const OpenSetups& setups_;
  TlsAnswers& answers_;
  KeysEvents keys_events_;
  TlsEvents tls_events_;
  HelperClient keys_, tls_;
  // What a helper is still to be given: all at once is more than waits for one that reads slowly.
  std::deque<const TlsSetup*> keys_due_, services_due_;
  // Which it has been given, and has not judged yet: each verdict comes once.
  std::set<KeyIndex> keys_asked_;
  std::set<TlsServiceId> services_asked_;
  std::deque<Unallowed> unallowed_;
  std::set<SessionId> sessions_;  // of postern-tls, or on the way there
  SessionId edges_ = 0;           // the number of the last
  std::optional<policy::Instant> told_overdrawn_;
  std::uint64_t untold_overdrawn_ = 0;
};

}  // namespace postern::daemon
