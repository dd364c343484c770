// SPDX-License-Identifier: BSD-2-Clause
// Random tokens of hosts.allow and hosts.deny, and the values that nearly match them.
//
// Each token that is made leaves behind the addresses at the edges of its net, the names around its
// suffix, and so on; requests are drawn from those.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/differential/dice.h"

namespace postern::differential {

class TokenMaker {
 public:
  // Pattern files are named FOLDER/f1, FOLDER/f2 …
  TokenMaker(Dice& dice, const std::string& folder);

  std::string Daemon();
  std::string Client();
  // Tokens of file number `file` mention only files behind it, unless a cycle is wanted.
  std::string Host(unsigned file = 0);
  std::string Options();
  // Of the kinds that an index can hold.
  std::string PlainDaemon();
  std::string PlainClient();

  std::string DaemonValue();
  std::string UserValue();
  std::string AddressValue();
  std::string NameValue();
  std::uint16_t PortValue();

  static constexpr unsigned kFiles = 4;  // the last one is never made

 private:
  using Ipv6 = std::array<std::uint8_t, 16>;

  std::string Address();
  std::string Ipv4Net();
  std::string Ipv6Net();
  std::string Ipv6Address();
  std::string Name();
  std::string Text(const std::string& value);  // a pattern that `value` matches, or nearly
  std::string Glob(std::string value);
  std::string Port();
  std::string Option();
  std::uint32_t SomeIpv4();
  Ipv6 SomeIpv6();
  std::string Ipv6Text(const Ipv6& address);
  std::string CaseChanged(std::string text);

  Dice& dice_;
  std::string folder_;
  std::vector<std::string> daemons_, users_, addresses_, names_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace postern::differential
