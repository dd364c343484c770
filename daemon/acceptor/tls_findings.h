// SPDX-License-Identifier: BSD-2-Clause
// What postern-keys and postern-tls have found, as an administrator reads it.
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/acceptor/tls_setup.h"

namespace postern::daemon {

// Of the pair of that number, from 0.
std::vector<TlsFlaw> FlawsOf(const TlsSetup& setup, std::size_t pair,
                             const FlawSet<KeyFlaw>& found);
// Certificates that are over soon included.
std::vector<TlsFlaw> FlawsOf(const TlsSetup& setup, const AnswerTlsService& answer);

}  // namespace postern::daemon
