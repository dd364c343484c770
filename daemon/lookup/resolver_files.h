// SPDX-License-Identifier: BSD-2-Clause
// The files of the resolver, read from descriptors that posternd has opened.
#pragma once

#include <cstdint>
#include <span>

#include "sandbox/sys/unique_fd.h"
#include "wrapper/lookup/name_lookups.h"

namespace postern::daemon {

// `present` and the order of the descriptors as in AskFiles. A file that cannot be read, or is
// larger than any that makes sense, counts as empty, as for libc one that cannot be opened does.
wrapper::NameFiles ReadResolverFiles(std::uint32_t present,
                                     std::span<const sandbox::sys::UniqueFd> descriptors);

}  // namespace postern::daemon
