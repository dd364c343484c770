// SPDX-License-Identifier: BSD-2-Clause
// One admitted connection (or datagram, or run of a wait = yes server), from its admission to its
// end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/gate_report.h"
#include "daemon/acceptor/inquiry.h"
#include "daemon/acceptor/service.h"
#include "daemon/protocol.h"
#include "policy/address/ip_address.h"
#include "sandbox/launch.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

// Who has the connection now.
enum class Stage : std::uint8_t {
  kBanner,    // the relay, writing the banner; it will come back
  kMux,       // the relay, reading a tcpmux name
  kRelay,     // the relay, until the end: a built-in service or a redirect
  kDatagram,  // the relay, for one datagram
  kSplice,    // the relay, taking it for a program that is to start behind it
  kQueued,    // us: programs that are about to start come first
  kLookup,    // us: postern-lookup finds out who calls
  kRetry,     // us: the machine was out of processes
  kProgram,   // the program
  kFlush,     // who carries it, with what a service that is over left to the client
  kTls,       // postern-tls, in a handshake
};

// What the relay has carried.
struct Moved {
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

class Session;

class SessionEvents {
 public:
  virtual void OnProgramExit(Session& session) = 0;

 protected:
  ~SessionEvents() = default;
};

class Session final : public EventHandler {
 public:
  Session(SessionId own_id, std::shared_ptr<Service> its_service, SessionEvents& events)
      : id(own_id), service(std::move(its_service)), events_(events) {}

  void OnReady(std::uint32_t /*ready*/) override { events_.OnProgramExit(*this); }

  bool with_relay() const { return stage < Stage::kQueued; }
  // Whether bytes of the client are under way beside whoever serves him.
  bool carried() const { return spliced || tls != 0; }
  std::optional<policy::IpAddress> address() const {
    return peer ? std::optional(peer->address) : std::nullopt;
  }

  const SessionId id;
  const std::shared_ptr<Service> service;
  std::optional<policy::Endpoint> peer;
  Stage stage = Stage::kProgram;
  policy::Instant started{};
  bool start_logged = false;
  Admitted admitted;
  bool refused = false;  // only the options of the rule that refused are to act; counts nowhere
  std::unique_ptr<Inquiry> inquiry;  // null: nothing had to be found out
  bool tcpmux_greeting = false;      // "+Go" is to be said before the program starts

  // Stage::kProgram. A confined program is the zygote's child: there is no pid until it has begun,
  // and a pidfd only for what we may have to kill.
  bool outlives_zygote = false;           // no pid namespace ends with it
  EventLoop::TimerId lifetime_timer = 0;  // max_lifetime, then the grace between TERM and KILL
  pid_t pid = 0;
  sandbox::sys::UniqueFd pidfd;
  EventLoop::WatchId watch = 0;
  sandbox::LaunchId launch = 0;
  sandbox::sys::UniqueFd gate_status;  // Way::kGate: what the gate says of itself
  // Way::kGate of a confined program: what the gate said when it had ended. Until then `connection`
  // is kept for the program.
  std::optional<GateAdvice> advice;

  // Where the client came to, if the connection that is served does not know: a helper has the
  // client, or he is behind a proxy, which told of `peer` too.
  std::optional<policy::Endpoint> local;
  bool proxied = false;            // by the proxy
  std::unique_ptr<WireTlvs> told;  // what else the proxy has said; null: nothing

  // A program behind the relay: whether the relay has not ended yet, from its first answer on.
  bool spliced = false;
  SessionId tls = 0;        // postern-tls has the client, by this number; 0: not, or no more
  bool ip_options = false;  // which came with some
  bool shaken = false;      // the handshake is done
  // Until the handshake is done: what it is to be done with must not be forgotten before.
  std::shared_ptr<const TlsSetup> handshake_setup;
  EventLoop::TimerId handshake_timer = 0;  // for a postern-tls that never says that it is
  std::vector<std::string> tls_words;      // for the environment: what TLS has shown
  std::unique_ptr<WireTlvs> tlvs;          // the same for the PROXY header of a redirect
  std::optional<Moved> moved;  // what had the client has ended; maybe before the program has begun

  // Stage::kBanner, kMux, kSplice, kTls, kQueued, kLookup and kRetry: the connection, until
  // somebody serves it. Behind postern-tls our copy of it, so that a relay, a backend or a start
  // that breaks off is no end of file: in Stage::kRelay, and in kProgram until there is a program.
  // `cut_off`: what it is then, or when the client is refused; of one that is spliced, from the
  // beginning.
  sandbox::sys::UniqueFd connection, cut_off;

  // Stage::kRetry
  int attempts = 0;
  EventLoop::TimerId retry_timer = 0;

  // Datagram services: what was first in the queue when the session began.
  std::optional<sandbox::sys::QueuedDatagram> first_datagram;

 private:
  SessionEvents& events_;
};

}  // namespace postern::daemon
