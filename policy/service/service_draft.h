// SPDX-License-Identifier: BSD-2-Clause
// A service on its way from the files to a ServiceSpec, whichever file format it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/service/findings.h"
#include "policy/service/service_spec.h"
#include "policy/service/settings.h"

namespace postern::policy {

// What an inetd.conf line can say and no xinetd attribute can.
struct InetdFields {
  ListenAddress listen;                // family, address, unix_*, buffers; port and protocol open
  std::optional<std::uint16_t> port;   // a number in place of the name
  std::optional<ConnectionRate> rate;  // nowait.max
  std::optional<std::string> argv0;
};

struct ServiceDraft {
  std::string name;
  std::string id;
  const Block* block = nullptr;  // null for inetd.conf
  Place place;
  Place user_place;    // where errors about the user, or the server, point when no attribute was
  Place server_place;  // written; equal to `place` for xinetd.conf
  Settings settings;
  Findings findings;
  std::optional<InetdFields> inetd;
  bool absent = false;  // disabled, not enabled, or overruled by xinetd.conf
};

}  // namespace postern::policy
