// SPDX-License-Identifier: BSD-2-Clause
// What happens when a listening socket becomes readable: accept (or peek), decide, hand over.
//
// The way of one connection through the files: service.cc (readiness) → acceptor.cc (accept) →
// (proxied_sessions.cc, where a proxy tells who is calling) →
// admission.cc (verdict, by policy/decision) → sessions.cc (start; or turned away) →
// sandbox/launch.cc, or relay_client.cc. No byte of a client is read on that way.
#pragma once

#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/program_log.h"

namespace postern::daemon {

class Acceptor final : public ArrivalHandler {
 public:
  Acceptor(ProgramLog& log, Admission& admission, Sessions& sessions)
      : log_(log), admission_(admission), sessions_(sessions) {}

  void OnArrival(Service& service) override;
  void OnSocketDead(Service& service) override;

 private:
  // Each takes one arrival; false when there is no more, or the service is not to be listened to.
  bool TakeConnection(Service& service);
  bool TakeWaitingConnection(Service& service);
  bool TakeDatagram(Service& service);
  bool OutOfResources(Service& service, const sandbox::sys::Error& error);

  ProgramLog& log_;
  Admission& admission_;
  Sessions& sessions_;
};

}  // namespace postern::daemon
