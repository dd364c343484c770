// SPDX-License-Identifier: BSD-2-Clause
// Result<T>: a value, or the Diagnostic that says why there is none. The one error channel of
// policy/.
#pragma once

#include <expected>
#include <utility>

#include "policy/base/diagnostic.h"

namespace postern::policy {

template <typename T>
using Result = std::expected<T, Diagnostic>;

using Failure = std::unexpected<Diagnostic>;

}  // namespace postern::policy
