// SPDX-License-Identifier: BSD-2-Clause
// What posternd is told of a finished handshake: the words of it, and who the client is.
//
// Names are told only of a certificate that was verified, and only as printable ASCII: another byte
// in one could pass for another name, in a rule or in a log.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "daemon/tls_protocol.h"

namespace postern::daemon {

std::unique_ptr<const AnswerTls> DescribeHandshake(SessionId session, const SSL* connection);

// Fingerprint, subject, issuer and names; what cannot be told raises `more_names`.
void DescribeCertificate(X509* certificate, AnswerTls& answer);

}  // namespace postern::daemon
