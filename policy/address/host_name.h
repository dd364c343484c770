// SPDX-License-Identifier: BSD-2-Clause
// The syntax of host and domain names (RFC 1123 2.1, RFC 1035 2.3.4), with underscores as found in
// practice. Nothing is looked up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::policy {

struct HostNameCheck {
  std::string name;        // lower case, without a final dot; only when there is no problem
  std::string problem;     // empty: it is a host name
  std::size_t offset = 0;  // of the byte the problem is about
  std::string fix;
};

HostNameCheck CheckHostName(std::string_view text);

}  // namespace postern::policy
