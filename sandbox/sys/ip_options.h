// SPDX-License-Identifier: BSD-2-Clause
// The options of the IPv4 header that a connection was opened with.
#pragma once

#include <cstdint>
#include <vector>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

// As the answers to the client would carry them (ip(7), IP_OPTIONS); empty when there are none.
Result<std::vector<std::uint8_t>> IpOptions(const UniqueFd& socket);
// Answers carry none from here on.
Status ClearIpOptions(const UniqueFd& socket);
// Nothing is sent or received any more, whoever else has the socket (shutdown(2), both ways).
Status ShutdownBoth(const UniqueFd& socket);

}  // namespace postern::sandbox::sys
