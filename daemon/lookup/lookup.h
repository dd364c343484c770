// SPDX-License-Identifier: BSD-2-Clause
// postern-lookup itself: one loop over posternd's questions, name servers and ident servers.
//
// One thread; nothing blocks. A question is answered at its deadline at the latest, whatever the
// servers do. What they say is bounded, checked, and handed on as text that nobody here acts upon.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

#include "daemon/deadlines.h"
#include "daemon/helper_channel.h"
#include "daemon/lookup_protocol.h"
#include "sandbox/sys/error.h"
#include "sandbox/sys/events.h"
#include "sandbox/sys/unique_fd.h"
#include "wrapper/lookup/ident_query.h"
#include "wrapper/lookup/name_lookups.h"

namespace postern::daemon {

struct LookupPorts {
  std::uint16_t dns = wrapper::kDnsPort;
  std::uint16_t ident = wrapper::kIdentPort;
};

class Lookup {
 public:
  static constexpr std::size_t kMostUsers = 1024;  // ident servers asked at once

  // Waits for the first AskFiles, as c-ares can be made only before the process is confined. When
  // the channel closes meanwhile: EPIPE. Queues AnswerReady.
  static sandbox::sys::Result<std::unique_ptr<Lookup>> Make(sandbox::sys::UniqueFd channel,
                                                            const LookupPorts& ports = {});

  using State = HelperState;
  State Run();
  // One turn of the loop, waiting at most so long for something to happen.
  State Turn(std::chrono::milliseconds longest_wait);

 private:
  using Instant = std::chrono::milliseconds;
  using Descriptors = std::span<sandbox::sys::UniqueFd>;
  struct UserQuestion {
    wrapper::IdentQuery query;
    std::uint32_t interest = 0;
  };

  Lookup(HelperChannel channel, const LookupPorts& ports);

  void ReadAsked();
  bool Dispatch(std::span<const std::byte> frame, Descriptors descriptors);
  bool OnFiles(const AskFiles& ask, Descriptors descriptors);
  bool OnName(const AskName& ask);
  bool OnUser(const AskUser& ask);
  bool Begin(SessionId question, std::uint32_t milliseconds);
  bool Over(SessionId question);  // false: it was answered before

  void TellName(SessionId question, const wrapper::NameResult& result);
  void TellUser(SessionId question, const wrapper::IdentQuery* query, WireUser outcome);
  void StepUser(SessionId question);
  bool WatchUser(SessionId question, UserQuestion& user);

  void Handle(const sandbox::sys::Event& event);
  void ExpireDeadlines();
  std::chrono::milliseconds NextWait(std::chrono::milliseconds longest) const;

  HelperChannel channel_;
  LookupPorts ports_;
  Instant now_{};
  Deadlines deadlines_;  // of every question that is not answered
  std::unordered_map<SessionId, UserQuestion> users_;
  std::unique_ptr<wrapper::NameLookups> names_;
};

}  // namespace postern::daemon
