// SPDX-License-Identifier: BSD-2-Clause
// A path, and where the configuration says it.
#pragma once

#include <string>
#include <vector>

#include "policy/service/conf_document.h"

namespace postern::policy {

struct WrittenPath {
  std::string path;
  Place at = {};
};
using WrittenPaths = std::vector<WrittenPath>;

}  // namespace postern::policy
