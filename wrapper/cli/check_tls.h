// SPDX-License-Identifier: BSD-2-Clause
// What is wrong with the certificates and keys of services, for `postern check`.
#pragma once

#include "policy/base/diagnostic.h"
#include "policy/service/configuration.h"
#include "wrapper/config/policy_files.h"

namespace postern::cli {

// Has posternd judge the files (posternd --judge-tls), with the rights of whoever runs us. What
// could not be judged is a note. Starts nothing where no service speaks TLS.
policy::Diagnostics CheckTls(const wrapper::PolicyPaths& paths,
                             const policy::Configuration& services);

}  // namespace postern::cli
