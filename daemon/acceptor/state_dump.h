// SPDX-License-Identifier: BSD-2-Clause
// The state of the daemon as text, for an administrator (SIGUSR1).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/acceptor/admission.h"
#include "daemon/acceptor/event_loop.h"
#include "daemon/acceptor/lookup_client.h"
#include "daemon/acceptor/relay_client.h"
#include "daemon/acceptor/service.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/options.h"
#include "sandbox/sys/error.h"

namespace postern::daemon {

inline constexpr const char* kStateDumpPath = "/run/posternd.dump";

struct StateSources {
  const std::vector<std::shared_ptr<Service>>& services;
  const Sessions& sessions;
  const Admission& admission;
  const RelayClient& relay;
  const LookupClient& lookup;
  const TlsClient& tls;
  const EventLoop& loop;
  const Options& options;
};

// In the order and the words of xinetd's dump, where both have the thing.
std::string DescribeState(const StateSources& sources);

// Replaces the file, 0644, never through a link that somebody left there.
sandbox::sys::Status WriteStateDump(const std::string& path, const StateSources& sources);

}  // namespace postern::daemon
