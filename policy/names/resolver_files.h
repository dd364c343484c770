// SPDX-License-Identifier: BSD-2-Clause
// Where host names come from: the "hosts" line of nsswitch.conf(5), and resolv.conf(5). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/address/ip_address.h"

namespace postern::policy {

enum class NameSource : std::uint8_t { kFiles, kDns };

struct NameSources {
  std::vector<NameSource> order;  // of those we can ask
  // Nothing else is asked on this machine. Otherwise a module of libc may know more: who must not
  // miss what it knows has to ask libc.
  bool whole = true;
};
// Without a line of the kind: files, then dns. A reaction ("[NOTFOUND=return]") is something else.
NameSources ParseNameSources(std::string_view nsswitch);

inline constexpr std::size_t kMaxNameServers = 3;  // resolv.conf(5), MAXNS

struct ResolverSettings {
  // Without link-local ones ("fe80::1%eth0"), which we cannot ask. 127.0.0.1 where none is named.
  std::vector<IpAddress> servers;
  std::chrono::seconds timeout{5};
  int attempts = 2;
  bool rotate = false;
  bool use_tcp = false;
};
ResolverSettings ParseResolverSettings(std::string_view resolv_conf);

}  // namespace postern::policy
