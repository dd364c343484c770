// SPDX-License-Identifier: BSD-2-Clause
// The options of an IPv4 header, as bytes (RFC 791, 3.1).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace postern::wrapper::libwrap {

// Loose or strict. True also for bytes that cannot be read as options up to their end: what hides
// behind them is not known.
bool HasSourceRoute(std::span<const std::uint8_t> options);

std::string HexText(std::span<const std::uint8_t> bytes);  // " 07 0b 04"

}  // namespace postern::wrapper::libwrap
