// SPDX-License-Identifier: BSD-2-Clause
// A file in memory that nobody can change any more (memfd_create(2), F_ADD_SEALS): how a
// configuration goes to a helper without a name in the file system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sandbox/sys/error.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::sandbox::sys {

Result<UniqueFd> MakeSealedFile(const char* name, std::string_view content);
// EBADMSG when it could still be changed; EFBIG when it is longer than `most`.
Result<std::string> ReadSealedFile(const UniqueFd& file, std::size_t most);

}  // namespace postern::sandbox::sys
