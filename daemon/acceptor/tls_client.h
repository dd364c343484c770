// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of TLS: has setups served by workers, and passes clients on.
//
// A worker is a postern-tls and its postern-keys (tls_worker.h), each of which has one thread; so
// there are several, to use several processors. All are given every setup, under the same numbers.
// They start with the first service that speaks TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/acceptor/tls_worker.h"
#include "policy/address/ip_address.h"

namespace postern::daemon {

class TlsClient {
 public:
  // `secret`: of HomeOf().
  TlsClient(EventLoop& loop, ProgramLog& log, TlsCommands commands, std::uint64_t secret);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void SetAnswers(TlsAnswers& answers) { answers_ = &answers; }  // before Start()
  // One, until something else is said. Of those that are too many each serves what it has, and is
  // gone soon after.
  void SetWorkers(std::size_t count);
  // Until then helpers are not started: they would keep the terminal of whoever started a daemon.
  void Start();
  void Stop();

  const TlsCommands& commands() const { return commands_; }
  // Numbers the setup, and has it served from now on. It is forgotten when nobody holds it.
  std::shared_ptr<const TlsSetup> Add(TlsSetup setup);

  // `client`: where it comes from, if that is known.
  sandbox::sys::Status Ask(const TlsRequest& request,
                           const std::optional<policy::IpAddress>& client);
  // Of a session that was asked for; nothing, when no helper has it any more.
  void AskAdmit(SessionId id);
  void AskRefuse(SessionId id);
  void AskTruncate(SessionId id);
  void CondemnTls(SessionId id, const std::string& why);

  // The first `wanted()` get clients.
  const std::vector<std::unique_ptr<TlsWorker>>& workers() const { return workers_; }
  std::size_t wanted() const { return wanted_; }

 private:
  void StartIfNeeded();
  void DismissSpare();
  void Forget(TlsSetup* setup);
  TlsWorker* WhoHas(SessionId id) const;

  EventLoop& loop_;
  ProgramLog& log_;
  TlsCommands commands_;
  TlsAnswers* answers_ = nullptr;
  bool may_start_ = false, stopped_ = false;
  std::uint64_t secret_;
  OpenSetups setups_;
  std::size_t wanted_ = 1;
  std::vector<std::unique_ptr<TlsWorker>> workers_;
  EventLoop::TimerId spare_timer_ = 0;
  TlsServiceId next_service_ = 1;
  KeyIndex next_key_ = 1;
  std::shared_ptr<TlsClient*> self_;  // outlived by setups at the daemon's end
};

}  // namespace postern::daemon
