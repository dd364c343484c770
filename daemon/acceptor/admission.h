// SPDX-License-Identifier: BSD-2-Clause
// Asks the policy core about an arrival, and does what a refusal entails.
//
// A refused arrival leaves exactly one FAIL record, whatever the reason; no START and no EXIT. Of
// arrivals that can repeat without end (refusal_window.h), most leave none, and are counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/acceptor/admitted.h"
#include "daemon/acceptor/clocks.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/hosts_ruling.h"
#include "daemon/acceptor/refusal_window.h"
#include "daemon/acceptor/service.h"
#include "daemon/log/program_log.h"
#include "daemon/log/syslog_socket.h"
#include "policy/decision/deny_list.h"
#include "policy/decision/evaluate.h"
#include "wrapper/access/fact_source.h"
#include "wrapper/access/hosts_files.h"

namespace postern::daemon {

class Admission {
 public:
  // xinetd.conf(5), log_on_failure: a datagram's sender is recorded once a minute.
  static constexpr std::chrono::milliseconds kRefusalWindow = std::chrono::minutes(1);

  // `total_limit` is -limit.
  Admission(EventLoop& loop, ProgramLog& log, wrapper::HostsFiles& hosts_files,
            std::optional<std::uint64_t> total_limit,
            std::chrono::milliseconds refusal_window = kRefusalWindow)
      : loop_(loop),
        log_(log),
        hosts_files_(hosts_files),
        total_limit_(total_limit),
        refusal_window_(refusal_window) {}
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Counts the arrival and decides. Way::kAsks is for stream connections alone: elsewhere a rule
  // that needs a name is left to postern-gate, or refuses. `ends` is null where the server accepts
  // for itself.
  std::expected<Admitted, Refusal> Decide(Service& service,
                                          const std::optional<policy::Endpoint>& peer,
                                          const wrapper::Connection* ends);
  // The address rules and the access files, once more, of what Decide() or this has sent to find
  // something out.
  std::expected<Admitted, Refusal> Judge(const Service& service,
                                         const std::optional<policy::Endpoint>& peer,
                                         const wrapper::Connection& ends, const Findings& findings);

  // Whether a host name of a rule is to be looked up here; otherwise libc may know more of names,
  // and postern-gate asks it.
  void SetNameCheck(std::function<bool()> knows_all_names) {
    knows_all_names_ = std::move(knows_all_names);
  }

  // Writes the record and the messages, feeds the deny list, closes a service that cps stopped.
  void Refuse(Service& service, const Refusal& refusal,
              const std::optional<policy::Endpoint>& peer);

  // postern-gate did not let in what had been admitted.
  void RefusedByGate(Service& service, const std::optional<policy::Endpoint>& peer,
                     const std::string& why);
  // The line that tcpd writes when it becomes the program behind it.
  void TellUnwrapped(Service& service, const std::optional<policy::Endpoint>& peer, int priority,
                     int pid, const Findings& findings);

  // For the daemon's end: tells what was counted so far.
  void TellUnrecorded();

  const policy::DenyList& deny_list() const { return deny_list_; }
  std::uint64_t total_running = 0;

 private:
  policy::Facts Gather(const Service& service, const std::optional<policy::Endpoint>& peer);
  // One arrival, while it is decided.
  struct Arrival {
    const policy::ServiceSpec& spec;
    const std::optional<policy::Endpoint>& peer;
    const wrapper::Connection* ends;
    const Findings& findings;
  };
  std::expected<Admitted, Refusal> AskHosts(const Arrival& arrival);
  std::expected<Admitted, Refusal> AskInPlaceOfTcpd(const Arrival& arrival);
  // The files' ruling; tells what is wrong with them, once for each version.
  HostsRuling AskFiles(const std::string& daemon, const Arrival& arrival);
  bool MayAsk(const Arrival& arrival, policy::hosts::Needed needs) const;
  void TellOfTables(const wrapper::HostsVersion& files);
  void CloseForAWhile(Service& service);
  void Reopen(Service& service);
  void Explain(Service& service, const Refusal& refusal, const std::string& from);
  void Sense(Service& service, const policy::IpAddress& source);
  void ScheduleExpiry();
  bool ToBeLogged(Service& service, const std::optional<policy::IpAddress>& source);

  struct OpenWindow {
    RefusalWindow window;
    EventLoop::TimerId end = 0;
  };
  // A service that is gone has its count told all the same.
  using Windows = std::map<std::shared_ptr<Service>, OpenWindow>;
  void CloseWindow(Windows::iterator which);

  EventLoop& loop_;
  ProgramLog& log_;
  wrapper::HostsFiles& hosts_files_;
  SyslogSocket syslog_{"posternd"};  // for lines in the place of tcpd
  Clocks clocks_;
  policy::DenyList deny_list_;
  EventLoop::TimerId expiry_timer_ = 0;
  std::optional<std::uint64_t> total_limit_;
  std::chrono::milliseconds refusal_window_;
  Windows windows_;
  std::function<bool()> knows_all_names_ = [] { return false; };
};

}  // namespace postern::daemon
