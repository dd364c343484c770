// SPDX-License-Identifier: BSD-2-Clause
// opendir(3), closed by itself.
#pragma once

#include <dirent.h>

#include <memory>

namespace postern::sandbox::sys {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

}  // namespace postern::sandbox::sys
