// SPDX-License-Identifier: BSD-2-Clause
// inet_aton(3)'s "numbers-and-dots" notation: hexadecimal, octal, and fewer than four parts.
//
// Read only in order to refuse it well: a message can then say which address xinetd took it for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::policy {

// True for words that are meant as an IPv4 address: the last part (an empty or "*" one after a dot
// aside) starts with a digit and holds only digits, or is hexadecimal. No host name ends so.
bool IsNumbersAndDots(std::string_view text);

// The address inet_aton(3) makes of `text`, host order; nullopt when it makes none.
std::optional<std::uint32_t> ParseNumbersAndDots(std::string_view text);

// "10.5", "10.5." and "10.5.*" as the block 10.5.0.0/16; empty unless it is one to three decimal
// octets.
std::string PrefixOfOctets(std::string_view text);

}  // namespace postern::policy
