// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/ident_client.h"

#include "sandbox/sys/events.h"
#include "sandbox/sys/wait.h"

namespace postern::wrapper {

namespace sys = sandbox::sys;
using policy::hosts::Fact;

Fact AskIdent(const sys::SocketAddress& client, const sys::SocketAddress& server,
              std::chrono::milliseconds deadline, std::uint16_t port) {
  const sys::Deadline when(deadline);
  IdentQuery query(client, server, port);
  while (!query.over()) {
    const auto ready = query.interest() == sys::kReadable
                           ? sys::AwaitReadable(query.socket(), when)
                           : sys::AwaitWritable(query.socket(), when);
    if (!ready) return Fact::Unknown();
    query.OnReady();
  }
  return query.end() == IdentEnd::kUser ? Fact::Known(query.user().user()) : Fact::Unknown();
}

}  // namespace postern::wrapper
