// SPDX-License-Identifier: BSD-2-Clause
// What kind of service it is: type, flags, built-ins, tcpmux, and the attributes each kind needs.
// Part of service_check.h. Source: xinetd.conf(5), type and flags, and its table of required
// attributes.
#include <algorithm>
#include <array>

#include "policy/base/near_miss.h"
#include "policy/base/text.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

struct BuiltinName {
  std::string_view name;
  Builtin builtin;
  bool dgram;
};

constexpr std::array<BuiltinName, 6> kBuiltins = {{{"echo", Builtin::kEcho, true},
                                                   {"discard", Builtin::kDiscard, true},
                                                   {"daytime", Builtin::kDaytime, true},
                                                   {"time", Builtin::kTime, true},
                                                   {"chargen", Builtin::kChargen, true},
                                                   {"tcpmux", Builtin::kTcpmux, false}}};

// Built-ins of old xinetd versions.
constexpr std::array<std::string_view, 3> kRemoved = {"servers", "services", "xadmin"};

constexpr std::array<std::string_view, 6> kBuiltinNames = {"echo", "discard", "daytime",
                                                           "time", "chargen", "tcpmux"};

}  // namespace

void ServiceCheck::CheckKind() {
  spec_.unlisted = type_.unlisted;
  spec_.no_retry = flags_.noretry;
  spec_.keepalive = flags_.keepalive;
  spec_.nodelay = flags_.nodelay;
  spec_.no_libwrap = flags_.nolibwrap;
  if (type_.rpc) {
    Error("rpc-not-supported", At(settings_.type),
          "RPC services are not supported: registering with rpcbind exposes a port that no rule of "
          "this file can name",
          "give the service a fixed port: type = UNLISTED, port = PORT");
  }
  RefuseFlags();
  const bool tcpmux = type_.tcpmux || type_.tcpmuxplus;
  if (type_.internal || flags_.sensor) {
    spec_.kind = ServiceKind::kInternal;
  } else if (tcpmux) {
    spec_.kind = ServiceKind::kTcpmux;
    spec_.tcpmux_greeting = type_.tcpmuxplus;
  } else if (settings_.redirect) {
    spec_.kind = ServiceKind::kRedirect;
  }
  if (spec_.kind == ServiceKind::kInternal) FindBuiltin();
  if (tcpmux) CheckTcpmux();
  CheckRequired();
}

void ServiceCheck::RefuseFlags() {
  const Place place = At(settings_.flags);
  if (flags_.intercept) {
    Error("not-supported", place,
          "flag INTERCEPT is not supported: in xinetd its checker dies and the service with it",
          "use wait = no, where every connection is checked");
  }
  if (flags_.labeled) {
    Error("not-supported", place,
          "flag LABELED is not supported: the server would run without the SELinux context that "
          "was asked for");
  }
  if (settings_.deny_time && !flags_.sensor) {
    Warn("no-effect", At(settings_.deny_time), "deny_time has no effect without flag SENSOR");
  }
}

void ServiceCheck::FindBuiltin() {
  if (settings_.server || settings_.redirect) {
    Warn("no-effect", settings_.server ? At(settings_.server) : At(settings_.redirect),
         "server and redirect have no effect in an internal service");
  }
  if (flags_.sensor) {
    spec_.builtin = Builtin::kSensor;
    return;
  }
  const bool dgram = settings_.socket_type && *settings_.socket_type == SocketType::kDgram;
  for (const BuiltinName& builtin : kBuiltins) {
    if (!EqualsIgnoreCase(builtin.name, draft_.name)) continue;
    spec_.builtin = builtin.builtin;
    if (dgram && !builtin.dgram) {
      Error("unknown-internal", draft_.place,
            "the internal service " + draft_.name + " has no dgram form");
    }
    return;
  }
  for (const std::string_view removed : kRemoved) {
    if (!EqualsIgnoreCase(removed, draft_.name)) continue;
    return Error("removed-internal", draft_.place,
                 "the internal service \"" + draft_.name +
                     "\" was removed: it told strangers what runs here",
                 "remove this service; the daemon writes its state to a file when it gets SIGUSR1");
  }
  Error("unknown-internal", draft_.place,
        "there is no internal service \"" + draft_.name + "\"" +
            DidYouMean(draft_.name, kBuiltinNames) +
            "; expected one of echo, discard, daytime, time, chargen, tcpmux");
}

void ServiceCheck::CheckTcpmux() {
  const Place place = At(settings_.type);
  if (spec_.kind == ServiceKind::kInternal) {
    return Error("bad-combination", place, "TCPMUX and INTERNAL exclude each other");
  }
  if (!type_.unlisted) {
    Error("bad-combination", place, "a TCPMUX service must also be UNLISTED",
          "type = " + std::string(type_.tcpmuxplus ? "TCPMUXPLUS" : "TCPMUX") + " UNLISTED");
  }
  if (type_.tcpmux && type_.tcpmuxplus) {
    Error("bad-combination", place, "TCPMUX and TCPMUXPLUS exclude each other");
  }
  if (settings_.redirect) {
    Error("bad-combination", At(settings_.redirect), "a TCPMUX service cannot be redirected");
  }
  if (settings_.port) {
    Warn("no-effect", At(settings_.port), "port has no effect in a TCPMUX service");
  }
}

// An attribute whose line was in error has been reported there; that it is missing now is no news.
bool ServiceCheck::Written(std::string_view attribute) const {
  if (draft_.block == nullptr) return false;
  return !draft_.block->damage.empty() ||
         std::ranges::any_of(draft_.block->assignments, [attribute](const Assignment& line) {
           return EqualsIgnoreCase(line.name.text, attribute);
         });
}

void ServiceCheck::Require(bool given, std::string_view attribute, std::string_view fix) {
  if (given || Written(attribute)) return;
  Error("missing-attribute", draft_.place,
        "the attribute \"" + std::string(attribute) + "\" is required", std::string(fix));
}

void ServiceCheck::CheckRequired() {
  Require(settings_.socket_type || settings_.protocol || Written("protocol"), "socket_type",
          "socket_type = stream");
  Require(static_cast<bool>(settings_.wait), "wait", "wait = no");
  if (spec_.kind == ServiceKind::kInternal) return;
  Require(static_cast<bool>(settings_.user), "user", "user = NAME");
  if (runs_program()) Require(static_cast<bool>(settings_.server), "server", "server = PATH");
}

}  // namespace postern::policy
