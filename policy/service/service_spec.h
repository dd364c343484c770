// SPDX-License-Identifier: BSD-2-Clause
// One service as it shall run: every default filled in, every name resolved, every check passed.
//
// A ServiceSpec exists only for a service without errors; the loader (configuration.h) is the one
// maker. It is immutable and shared: the daemon keeps run-time state (counts, descriptors)
// elsewhere. Source of every meaning: xinetd.conf(5); COMPATIBILITY.md lists where we differ.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/address/access_list.h"
#include "policy/address/ip_address.h"
#include "policy/base/diagnostic.h"
#include "policy/decision/access_times.h"
#include "policy/service/confinement.h"
#include "policy/service/log_choice.h"
#include "policy/service/program.h"
#include "policy/service/tls_spec.h"

namespace postern::policy {

enum class SocketType : std::uint8_t { kStream, kDgram, kSeqpacket, kRaw };

// What the listening socket accepts. kDual is an IPv6 socket without IPV6_V6ONLY, and IPv4 alone
// where the kernel has no IPv6.
enum class Family : std::uint8_t { kDual, kIpv4, kIpv6, kIpv6Only, kUnix };

// Who answers: a program, a built-in of postern-relay, a relayed connection, or (kTcpmux) a program
// that tcpmux starts by name and that has no port of its own.
enum class ServiceKind : std::uint8_t { kProgram, kInternal, kRedirect, kTcpmux };

// The built-in services; kSensor answers nothing and records who knocked.
enum class Builtin : std::uint8_t { kEcho, kDiscard, kDaytime, kTime, kChargen, kTcpmux, kSensor };

struct ListenAddress {
  Family family = Family::kDual;
  std::optional<IpAddress> address;  // nullopt: every address
  std::uint16_t port = 0;
  int protocol = 0;  // as in /etc/protocols: 6 tcp, 17 udp; 0 for unix
  // Family::kUnix only:
  std::string unix_path;
  std::uint32_t unix_owner = 0;
  std::uint32_t unix_group = 0;
  std::uint32_t unix_mode = 0600;
  std::optional<int> send_buffer;     // bytes, inetd.conf "sndbuf="
  std::optional<int> receive_buffer;  // bytes, inetd.conf "rcvbuf="

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// The PROXY header that a redirect's backend gets first.
enum class RedirectProxy : std::uint8_t { kOff, kV1, kV2 };

struct Redirect {
  std::string host;                  // as written, for messages
  std::vector<IpAddress> addresses;  // in the resolver's order, tried in turn
  std::uint16_t port = 0;
  RedirectProxy proxy = RedirectProxy::kOff;
};

struct ConnectionRate {      // cps, and inetd.conf "nowait.max"
  std::uint32_t rate = 50;   // arrivals per period; 0 = no limit
  std::uint32_t wait = 10;   // seconds the service stays closed
  std::uint32_t period = 1;  // seconds; 60 for inetd.conf limits
};

struct SourceRate {  // cps_per_source: at most `count` connections in `seconds` from one source
  std::uint32_t count = 0;
  std::uint32_t seconds = 1;
};

enum class AccessPrecedence : std::uint8_t { kNoAccess, kSpecific };

struct Banners {
  std::string always, on_success, on_failure;  // file names; empty: none
};

struct ServiceSpec {
  std::string id;
  std::string name;
  SourceLocation where;

  ServiceKind kind = ServiceKind::kProgram;
  SocketType socket_type = SocketType::kStream;
  ListenAddress listen;  // unused for kTcpmux
  bool wait = false;
  bool unlisted = false;

  Program program;                   // kProgram and kTcpmux
  std::optional<Wrapped> wrapped;    // the program is a tcpd, and this one can be run
  Builtin builtin = Builtin::kEcho;  // kInternal
  Redirect redirect;                 // kRedirect
  bool tcpmux_greeting = false;      // kTcpmux: TCPMUXPLUS, the server sends "+Go"

  // Admission.
  std::shared_ptr<const AccessList> proxy_from;  // proxy_protocol = require; null: off
  std::shared_ptr<const AccessList> only_from;   // null: not given, everyone
  std::shared_ptr<const AccessList> no_access;   // null: not given, nobody
  AccessPrecedence precedence = AccessPrecedence::kNoAccess;
  std::shared_ptr<const AccessTimes> access_times;  // null: always
  Limit instances;
  Limit per_source;
  ConnectionRate cps;
  std::optional<SourceRate> cps_per_source;
  std::optional<double> max_load;
  // Sensor only. nullopt: log only (NEVER). A zero duration: FOREVER.
  std::optional<std::chrono::minutes> deny_time;

  bool no_retry = false;     // NORETRY
  bool keepalive = false;    // KEEPALIVE
  bool nodelay = false;      // NODELAY
  bool no_libwrap = false;   // NOLIBWRAP, and every inetd.conf line
  bool ident_only = false;   // IDONLY
  std::string libwrap_name;  // the daemon name hosts_access(5) rules are matched against

  LogTarget log;
  LogOnSuccess log_on_success;
  LogOnFailure log_on_failure;
  Banners banners;

  // What a program is confined by; null for what runs in postern-relay. Services that say the same
  // share it.
  std::shared_ptr<const Confinement> confinement;

  std::shared_ptr<const TlsSpec> tls;  // null: the program has the client itself
};

}  // namespace postern::policy
