// SPDX-License-Identifier: BSD-2-Clause
// %-expansion of option values and banner lines.
//
// Source: hosts_access(5), % EXPANSIONS. What came from the network is filtered here: each byte of
// an expanded value outside A-Za-z0-9!@%-_=+:,./ becomes '_', and so does a '-' that it begins with
// (tcp_wrappers keeps that one). The text around it, which the administrator wrote, is not touched.
// The filtered value is also what later matching and log lines see, so expansion writes it back
// into the request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/hosts/request.h"

namespace postern::policy::hosts {

inline constexpr std::size_t kMaxExpansion = 8190;  // bytes of the result

struct Expansion {
  std::string text;
  std::vector<char> unrecognized;  // letters behind a '%' that mean nothing; each gave no text
};

struct TooLong {};  // the result would exceed kMaxExpansion; the caller refuses

// `process_id` is what %p gives. Need: a name or user must be looked up first; ask again then.
std::variant<Expansion, Need, TooLong> PercentExpand(std::string_view text, Request& request,
                                                     std::uint32_t process_id);

// What goes into log lines: user@host if a user is known, else the host's name if known, else its
// address. Looks nothing up. %c, %h.
std::string ClientInfo(const Request& request);

}  // namespace postern::policy::hosts
