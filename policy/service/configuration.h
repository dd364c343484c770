// SPDX-License-Identifier: BSD-2-Clause
// From configuration files to the services that shall run.
//
// Reads xinetd.conf (with include and includedir) and inetd.conf through a SystemView, merges the
// defaults into every service whatever the order of the files, checks each service, and reports
// everything it found. A service with an error is not in `services`, whatever follows it in the
// files. Never throws, never exits: any bytes are acceptable input.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/service/service_spec.h"
#include "policy/service/system_view.h"

namespace postern::policy {

struct LoadOptions {
  std::optional<std::string> xinetd_path;  // nullopt: do not read one
  std::optional<std::string> inetd_path;
  // Where tcpd finds the daemons that are named without a path.
  std::string real_daemon_directory = "/usr/sbin";
};

// A service that stays down because of an error of its own.
struct HeldService {
  std::string id;
  SourceLocation where;
};

struct Configuration {
  std::vector<std::shared_ptr<const ServiceSpec>> services;  // in the order of the files
  std::vector<HeldService> held;
  Diagnostics diagnostics;  // in the order found

  // False when nothing may be started from this: the main file is unreadable or `defaults` has an
  // error, so that every service might lack a control that was written for it.
  bool usable = false;

  LogTarget default_log;                     // log_type of defaults: the "common log"
  std::optional<std::uint32_t> tls_workers;  // of defaults; nullopt: as the machine suggests
};

Configuration LoadConfiguration(const LoadOptions& options, const SystemView& system);

}  // namespace postern::policy
