// SPDX-License-Identifier: BSD-2-Clause
// Who it was that was refused: log_on_failure with USERID (xinetd.conf(5)).
//
// The refused connection is held until the client's machine has answered, since an ident server
// knows the owners of open connections alone; nobody else waits for it, and banners go their way
// meanwhile. Of so many refused at once the rest is closed without being asked about.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>

#include "daemon/acceptor/inquiry.h"
#include "daemon/acceptor/lookup_client.h"
#include "daemon/acceptor/service.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class RefusedUsers final : private LookupAsker {
 public:
  static constexpr std::size_t kMostHeld = 128;
  static constexpr std::chrono::seconds kPatience{10};

  explicit RefusedUsers(LookupClient& lookup) : lookup_(lookup) {}

  // Nothing where the service does not log users, or `peer` is not who the socket is connected to.
  void AskAbout(Service& service, const sandbox::sys::UniqueFd& connection,
                const std::optional<policy::Endpoint>& peer);
  // The record of one that was asked about already.
  static void Log(Service& service, const std::optional<policy::Endpoint>& peer,
                  const std::optional<ToldUser>& user);

  std::size_t held() const { return held_.size(); }

 private:
  void OnName(SessionId asked_for, const AnswerName& answer) override;
  void OnUser(SessionId asked_for, const AnswerUser& answer) override;

  struct Held {
    std::shared_ptr<Service> service;
    policy::Endpoint peer;
    sandbox::sys::UniqueFd connection;
  };
  LookupClient& lookup_;
  std::map<SessionId, Held> held_;
  SessionId next_ = 1;
};

}  // namespace postern::daemon
