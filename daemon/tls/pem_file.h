// SPDX-License-Identifier: BSD-2-Clause
// What posternd's files have in them: certificates and revocation lists in PEM form.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/free_by.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, FreeBy<X509_CRL_free>>;

// The whole file, wherever its position is; nullopt when it cannot be read or is above kMaxPemFile.
std::optional<std::string> ReadWhole(const sandbox::sys::UniqueFd& file);

// All there are. Empty when there is none, when one cannot be read, and when the file has a private
// key in it, which is none of this process' business.
std::vector<Certificate> ReadCertificates(const sandbox::sys::UniqueFd& file);
std::vector<RevocationList> ReadRevocationLists(const sandbox::sys::UniqueFd& file);

}  // namespace postern::daemon
