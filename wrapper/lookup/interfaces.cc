// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/interfaces.h"

#include "policy/hosts/libc_numbers.h"
#include "sandbox/sys/resolver.h"

namespace postern::wrapper {

using policy::hosts::Fact;
using policy::hosts::Presence;

Presence InterfacePresence(const std::string& name) {
  const auto there = sandbox::sys::HasInterface(name);
  if (!there) return Presence::kUntold;
  return *there ? Presence::kPresent : Presence::kAbsent;
}

void AskForInterfaces(policy::hosts::Request& request) {
  request.absent_interfaces.clear();
  for (const Fact* fact :
       {&request.daemon, &request.user, &request.client.name, &request.client.address,
        &request.server.name, &request.server.address}) {
    if (!fact->asked()) continue;
    const std::string name(policy::hosts::InterfaceIn(fact->text()));
    if (name.empty() || InterfacePresence(name) != Presence::kAbsent) continue;
    request.absent_interfaces.push_back(name);
  }
}

}  // namespace postern::wrapper
