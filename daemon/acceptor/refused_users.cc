// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/refused_users.h"

#include "daemon/acceptor/endpoint.h"
#include "daemon/log/record.h"
#include "sandbox/sys/sockets.h"
#include "wrapper/lookup/lookup.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void RefusedUsers::AskAbout(Service& service, const sys::UniqueFd& connection,
                            const std::optional<policy::Endpoint>& peer) {
  if (!service.spec().log_on_failure.user_id || !peer || held_.size() >= kMostHeld) return;
  const auto client = sys::PeerAddress(connection), server = sys::LocalAddress(connection);
  if (!client || !server || EndpointOf(*client) != peer) return;
  auto held = sys::UniqueFd::DuplicateOf(connection.get());
  const bool asked =
      held && lookup_.AskUser({*this, next_, peer->address}, wrapper::Unmapped(*client),
                              wrapper::Unmapped(*server), kPatience);
  if (!asked) return;
  held_.emplace(next_++, Held{service.shared_from_this(), *peer, std::move(held)});
}

void RefusedUsers::Log(Service& service, const std::optional<policy::Endpoint>& peer,
                       const std::optional<ToldUser>& user) {
  if (!user) return;
  service.log().Write(UserRecord{service.spec().id, user->system, user->text,
                                 peer ? LoggedAddress(peer->address) : std::nullopt, 0},
                      service.spec().log_on_failure);
}

void RefusedUsers::OnName(SessionId /*asked_for*/, const AnswerName& /*answer*/) {}

void RefusedUsers::OnUser(SessionId asked_for, const AnswerUser& answer) {
  const auto held = held_.extract(asked_for);
  if (held.empty()) return;
  Log(*held.mapped().service, held.mapped().peer, UserIn(answer));
}

}  // namespace postern::daemon
