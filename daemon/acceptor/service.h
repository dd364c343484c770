// SPDX-License-Identifier: BSD-2-Clause
// A service as it runs: its immutable description, its socket, its counts, and whether it is being
// listened to at the moment.
//
// Lives in the acceptor's thread. Sessions hold it by shared_ptr: a service that a reload removed
// is gone when its last session is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/listener.h"
#include "daemon/acceptor/tls_setup.h"
#include "daemon/log/sink.h"
#include "policy/decision/limits.h"
#include "policy/service/service_spec.h"
#include "sandbox/launch.h"
#include "sandbox/launch_plan.h"
#include "sandbox/profile.h"

namespace postern::daemon {

class Service;

// For what is started in the place of a service's program; each is made when it is first needed.
struct SubstitutePlans {
  using Plan = std::shared_ptr<const sandbox::LaunchPlan>;
  struct Gate {
    Plan deciding, refusing;
  };
  Gate gate_of_socket, gate_of_told;  // by where it finds the ends of the connection
  Plan unwrapped;
};

// What happens when somebody knocks.
class ArrivalHandler {
 public:
  virtual void OnArrival(Service& service) = 0;
  // The listening socket was shut down (poll(2), POLLHUP or POLLRDHUP) and has to be replaced.
  virtual void OnSocketDead(Service& service) = 0;

 protected:
  ~ArrivalHandler() = default;
};

// Why a service is not listened to. Several may hold at once.
enum class Hold : std::uint8_t {
  kServing = 1,  // its wait = yes server, or the relay, has the socket
  kClosed = 2,   // cps closed it for a while
  kStarved = 4,  // no descriptors, or no relay: it is looked at again shortly
};

class Service final : public EventHandler, public std::enable_shared_from_this<Service> {
 public:
  // All that a reload replaces at once.
  struct Definition {
    std::shared_ptr<const policy::ServiceSpec> spec;
    std::shared_ptr<const sandbox::LaunchPlan> plan;  // null for what the relay serves
    // How instances are confined; null with `sandbox = none`, where the plan alone counts.
    std::shared_ptr<const sandbox::Profile> profile;
    std::shared_ptr<ServiceLog> log;
    std::shared_ptr<const TlsSetup> tls = nullptr;  // null: no TLS
  };

  Service(EventLoop& loop, ArrivalHandler& arrivals, Definition definition);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const policy::ServiceSpec& spec() const { return *definition_.spec; }
  const std::shared_ptr<const sandbox::LaunchPlan>& plan() const { return definition_.plan; }
  const std::shared_ptr<const sandbox::Profile>& profile() const { return definition_.profile; }
  const std::shared_ptr<const TlsSetup>& tls() const { return definition_.tls; }
  void SetTls(std::shared_ptr<const TlsSetup> tls) { definition_.tls = std::move(tls); }
  ServiceLog& log() { return *definition_.log; }
  policy::ServiceLimits& limits() { return limits_; }
  const policy::ServiceLimits& limits() const { return limits_; }
  const Listener& listener() const { return listener_; }
  std::uint64_t serial() const { return serial_; }  // never reused; names the service to tcpmux

  // A reload changed the service but not its socket.
  sandbox::sys::Status Redefine(Definition definition);

  sandbox::sys::Status Listen(Listener listener);
  Listener TakeListener();  // the service is then not listened to any more
  void Retire();            // for good: closes the socket
  // Refuse stream clients, keeping the port; and take them again.
  sandbox::sys::Status CloseListener() { return listener_.Close(); }
  sandbox::sys::Status ReopenListener() { return listener_.Reopen(); }
  // For a successor that wants the address in another shape, before it is sure to come.
  sandbox::sys::Status YieldAddress() { return listener_.Yield(); }
  sandbox::sys::Status ReclaimAddress();
  sandbox::sys::Status RefuseWaiting() { return listener_.RefuseWaiting(); }

  void Place(Hold hold);
  void Release(Hold hold);
  void Starve();  // Hold::kStarved, for a second
  bool held(Hold hold) const { return (holds_ & static_cast<std::uint8_t>(hold)) != 0; }
  bool watched() const { return watch_ != 0; }
  bool retired() const { return retired_; }

  void OnReady(std::uint32_t ready) override;

  SubstitutePlans substitutes;  // of plan(); a reload drops them with it

  // Counters and pending work that belong to nobody else.
  std::uint64_t attempts = 0;           // arrivals, for the state dump
  EventLoop::TimerId reopen_timer = 0;  // ends Hold::kClosed
  // When a start last failed whose client or datagram is still waiting: one record a minute.
  std::optional<policy::Instant> last_failed_start;

 private:
  void Watch();
  void Unwatch();

  EventLoop& loop_;
  ArrivalHandler& arrivals_;
  Definition definition_;
  Listener listener_;
  policy::ServiceLimits limits_;
  EventLoop::WatchId watch_ = 0;
  EventLoop::TimerId starved_timer_ = 0;
  std::uint8_t holds_ = 0;
  bool retired_ = false;
  std::uint64_t serial_;
};

}  // namespace postern::daemon
