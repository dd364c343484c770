// SPDX-License-Identifier: BSD-2-Clause
// Lookups made in the asking process itself, for tcpd and for the programs that libwrap lives in.
//
// The resolver of libc has no deadline and netgroups may be served over the network, so both run in
// a forked child that is killed when its time is up (sandbox/quiet_child.h): the program around us
// sees no SIGCHLD, no further child, no thread and no descriptor that stays. Ident is one
// connection, watched with poll(2). In a program of several threads another thread may have held a
// lock of libc when the child was made; that lookup ends at its deadline, unknown.
//
// What a name server or an ident server says is judged by the code that postern-lookup has
// (policy/names/name_rules.h, wrapper/lookup/ident_query.h). Names are libc's to find all the same:
// tcpd and the library answer as tcp_wrappers does on the same machine, for every module of
// nsswitch.conf and every line of host.conf, and c-ares would be a further library in somebody
// else's program.
#pragma once

#include "wrapper/lookup/lookup.h"

namespace postern::wrapper {

class SystemLookup : public Lookup {
 public:
  // `name_deadline` holds for names and for netgroups, each.
  explicit SystemLookup(std::chrono::milliseconds name_deadline = kDefaultNameDeadline)
      : name_deadline_(name_deadline) {}

  NameAnswer NameOf(const sandbox::sys::SocketAddress& address) override;
  policy::hosts::Fact UserOf(const sandbox::sys::SocketAddress& client,
                             const sandbox::sys::SocketAddress& server,
                             std::chrono::milliseconds deadline) override;
  bool InNetgroup(const std::string& group, const std::string& host) override;

 private:
  std::chrono::milliseconds name_deadline_;
};

}  // namespace postern::wrapper
