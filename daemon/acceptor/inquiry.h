// SPDX-License-Identifier: BSD-2-Clause
// What is being found out about one connection, and what has been.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/acceptor/admitted.h"
#include "daemon/lookup_protocol.h"
#include "wrapper/access/fact_source.h"

namespace postern::daemon {

// The user at the other end, as the client's machine tells it: for the log.
struct ToldUser {
  std::string system, text;
};

struct Inquiry {
  wrapper::Connection ends;
  policy::hosts::Needed asks = policy::hosts::Needed::kClientName;  // what is in flight
  Findings findings;
  WireUser user_end = WireUser::kSystem;  // once findings.user is asked or unavailable
  std::optional<ToldUser> user;

  bool user_asked() const { return findings.user.asked() || findings.user.unavailable(); }
};

policy::hosts::Fact FactOf(const AnswerName& answer);
policy::hosts::Fact FactOf(const AnswerUser& answer);
std::optional<ToldUser> UserIn(const AnswerUser& answer);

// Why a name is not believed, for a log; empty: it is, or there is none.
std::string_view WhyNotConfirmed(WireName outcome);
// The words of xinetd.log(5) for a client without a user.
std::string_view WhyNoUser(WireUser end);

}  // namespace postern::daemon
