// SPDX-License-Identifier: BSD-2-Clause
// Whether every address of a range is answered as expected: exact, by sets, not by trying some.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "wrapper/cli/coverage.h"
#include "wrapper/cli/decide.h"
#include "wrapper/cli/expectations.h"

namespace postern::cli {

// An address of the range that is answered otherwise; nullopt: there is none. Marks in `coverage`
// every rule that an address of the range reaches. The error: it cannot be told exactly, and why.
std::expected<std::optional<policy::IpAddress>, std::string> FindCounterexample(
    const Decider& decider, const Question& question, const AddressRange& range, bool allow,
    Coverage& coverage);

}  // namespace postern::cli
