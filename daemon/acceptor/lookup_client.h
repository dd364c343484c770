// SPDX-License-Identifier: BSD-2-Clause
// posternd's side of postern-lookup: what helper_client.h does for every helper, who may ask how
// much, and the resolver's files.
//
// It starts with the first question. One that dies, or lets a deadline pass, is killed and started
// again; what it was asked is then unknown, and whoever waits is told so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/acceptor/helper_client.h"
#include "daemon/lookup_protocol.h"
#include "policy/address/ip_address.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

// Who asks. Each question has one answer; a default-made one says that nobody could tell.
class LookupAsker {
 public:
  virtual void OnName(SessionId asked_for, const AnswerName& answer) = 0;
  virtual void OnUser(SessionId asked_for, const AnswerUser& answer) = 0;

 protected:
  ~LookupAsker() = default;
};

struct ResolverPaths {
  std::string hosts = "/etc/hosts", resolv = "/etc/resolv.conf", nsswitch = "/etc/nsswitch.conf";
};

class LookupClient final : private HelperEvents {
 public:
  // In flight, of all, and of one source: an IPv4 address, or an IPv6 one's /64.
  static constexpr std::size_t kMostInFlight = 1024, kMostOfSource = 64;
  // How much longer than its deadline a question may take before the process counts as stuck.
  static constexpr std::chrono::milliseconds kGrace = std::chrono::seconds(20);

  LookupClient(EventLoop& loop, ProgramLog& log, std::vector<std::string> command,
               ResolverPaths files = {}, std::chrono::milliseconds grace = kGrace);
  ~LookupClient();

  void Stop();

  // Whom and what it is asked for: `source` counts against kMostOfSource; `asked_for` comes back
  // with the answer. The asker must outlive this.
  struct Purpose {
    LookupAsker& asker;
    SessionId asked_for;
    policy::IpAddress source;
  };
  // False: nothing was asked, and no answer follows.
  bool AskName(const Purpose& purpose, const sandbox::sys::SocketAddress& address,
               std::chrono::milliseconds deadline);
  bool AskUser(const Purpose& purpose, const sandbox::sys::SocketAddress& client,
               const sandbox::sys::SocketAddress& server, std::chrono::milliseconds deadline);

  // Whether files and name servers are all that nsswitch.conf names for hosts, so that what is
  // found out here is what libc would find.
  bool KnowsAllSources();

  pid_t pid() const { return helper_.pid(); }
  std::size_t in_flight() const { return asked_.size(); }

 private:
  using Stamps = std::vector<std::optional<sandbox::sys::FileStamp>>;
  struct Asked {
    bool is_name;
    Purpose purpose;
    policy::Instant latest;
  };

  void OnHelperStarted() override;
  bool OnHelperFrame(std::span<const std::byte> frame) override;
  void OnHelperLost() override;
  void OnHelperIdle() override;

  template <typename Frame>
  bool Ask(Frame& frame, bool is_name, const Purpose& purpose, std::chrono::milliseconds deadline);
  bool HasRoomFor(const policy::IpAddress& source) const;
  std::optional<Purpose> Answered(SessionId question, bool is_name);  // nullopt: it was not asked
  void Tell(SessionId question, bool is_name);
  void WatchDeadlines();
  void LookAtFiles();
  Stamps StampFiles() const;
  void SendFiles();

  EventLoop& loop_;
  ProgramLog& log_;
  ResolverPaths files_;
  std::chrono::milliseconds grace_;
  bool started_ = false, stopped_ = false;
  SessionId next_question_ = 1;
  std::unordered_map<SessionId, Asked> asked_;
  std::set<std::pair<policy::Instant, SessionId>> latest_;
  std::map<policy::IpAddress, std::size_t> of_source_;
  EventLoop::TimerId deadline_timer_ = 0;
  Stamps stamps_;
  std::optional<policy::Instant> looked_;
  bool knows_all_sources_ = false;
  HelperClient helper_;  // last: it tells of its end
};

}  // namespace postern::daemon
