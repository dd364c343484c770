// SPDX-License-Identifier: BSD-2-Clause
// Asks the policy core about an arrival, and does what a refusal entails.
//
// A refused arrival leaves exactly one FAIL record, whatever the reason; no START and no EXIT. Of
// arrivals that can repeat without end (refusal_window.h), most leave none, and are counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "daemon/acceptor/clocks.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/refusal_window.h"
#include "daemon/acceptor/service.h"
#include "daemon/log/program_log.h"
#include "policy/decision/deny_list.h"
#include "policy/decision/evaluate.h"

namespace postern::daemon {

class Admission {
 public:
  // xinetd.conf(5), log_on_failure: a datagram's sender is recorded once a minute.
  static constexpr std::chrono::milliseconds kRefusalWindow = std::chrono::minutes(1);

  // `total_limit` is -limit.
  Admission(EventLoop& loop, ProgramLog& log, std::optional<std::uint64_t> total_limit,
            std::chrono::milliseconds refusal_window = kRefusalWindow)
      : loop_(loop), log_(log), total_limit_(total_limit), refusal_window_(refusal_window) {}
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Counts the arrival and decides. A rule that needs the peer's host name refuses: no name is ever
  // looked up by this process.
  std::optional<policy::Deny> Decide(Service& service, const std::optional<policy::Endpoint>& peer);

  // Writes the record and the messages, feeds the deny list, closes a service that cps stopped.
  void Refuse(Service& service, const policy::Deny& deny,
              const std::optional<policy::Endpoint>& peer);

  // For the daemon's end: tells what was counted so far.
  void TellUnrecorded();

  const policy::DenyList& deny_list() const { return deny_list_; }
  std::uint64_t total_running = 0;

 private:
  policy::Facts Gather(const Service& service, const std::optional<policy::Endpoint>& peer);
  void CloseForAWhile(Service& service);
  void Reopen(Service& service);
  void Explain(Service& service, const policy::Deny& deny, const std::string& from);
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
  Clocks clocks_;
  policy::DenyList deny_list_;
  EventLoop::TimerId expiry_timer_ = 0;
  std::optional<std::uint64_t> total_limit_;
  std::chrono::milliseconds refusal_window_;
  Windows windows_;
};

}  // namespace postern::daemon
