// SPDX-License-Identifier: BSD-2-Clause
// /etc/hosts: names and addresses that no name server is asked for.
//
// Source: hosts(5). An address has the name of the first line that holds it. A name has the
// addresses of all lines that hold it, as with "multi on" of host.conf(5), and the canonical name
// of the first of those. Lines that are none are left out. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/ip_address.h"

namespace postern::policy {

struct HostAddresses {
  std::string canonical_name;
  std::vector<IpAddress> addresses;
};

class HostsFile {
 public:
  static HostsFile Parse(std::string_view text);

  const std::string* NameOf(const IpAddress& address) const;  // null: not in the file
  // Those of one family; nullopt: there are none.
  std::optional<HostAddresses> AddressesOf(std::string_view name, bool v4) const;

 private:
  struct Line {
    IpAddress address;
    std::string canonical_name;
  };
  std::vector<Line> lines_;
  std::map<IpAddress, std::size_t> by_address_;
  std::map<std::string, std::vector<std::size_t>> by_name_;  // in lower case
};

}  // namespace postern::policy
