// SPDX-License-Identifier: BSD-2-Clause
// Whether a certificate and its chain are in force, and for how long yet.
#pragma once

#include <vector>

#include "daemon/tls/pem_file.h"
#include "daemon/tls_answers_protocol.h"

namespace postern::daemon {

// Adds what is wrong with the times to `found`, and says in it when the first is over.
void JudgeTimes(const X509* certificate, const std::vector<Certificate>& chain,
                WireCredential& found);

}  // namespace postern::daemon
