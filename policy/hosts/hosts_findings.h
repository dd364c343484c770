// SPDX-License-Identifier: BSD-2-Clause
// What looks wrong in the lines of an access file. Never part of a verdict.
//
// Codes: missing-newline line-too-long nul-byte byte-order-mark carriage-return
// blank-behind-backslash indented-comment trailing-comment missing-colon unbalanced-brackets
// empty-daemon-list empty-client-list nothing-before-except nothing-behind-except unbracketed-ipv6
// host-bits-set zero-length-net malformed-net malformed-ipv6 malformed-ipv6-length loose-length
// scattered-mask mapped-pattern pattern-file, and those of the options.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/diagnostic.h"
#include "policy/hosts/table.h"
#include "policy/hosts/table_lines.h"

namespace postern::policy::hosts {

inline constexpr std::size_t kMaxHostsFindings = 10'000;  // of one table

class HostsFindings {
 public:
  HostsFindings(const std::string& path, Diagnostics& diagnostics)
      : path_(path), diagnostics_(diagnostics) {}

  void OfLine(const LogicalLine& line, Which which);
  void MissingColon(const LogicalLine& line);
  void OfRule(const Rule& rule, const LogicalLine& line);

 private:
  struct Place {
    const LogicalLine& line;
    std::size_t offset;  // in its text
  };
  void Add(Severity severity, const char* code, const Place& place, std::string message,
           std::string fix = {});
  void OfEnd(const LogicalLine& line, Which which);
  template <typename Token>
  void OfList(const List<Token>& list, const LogicalLine& line, const char* empty_code,
              std::string_view whom);
  bool UnbracketedIpv6(const Rule& rule, const LogicalLine& line);
  void OfClients(const Rule& rule, const LogicalLine& line);
  void OfHost(const HostPattern& host, const Place& place);
  void OfNet(const HostPattern& host, const Place& place);
  void OfNoNet(std::string_view net, std::string_view mask, const Place& place);
  void OfOptions(const Rule& rule, const LogicalLine& line);

  const std::string& path_;
  Diagnostics& diagnostics_;
  bool carriage_return_told_ = false;
};

}  // namespace postern::policy::hosts
