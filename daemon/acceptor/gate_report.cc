// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/gate_report.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "daemon/gate_words.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

GateReport ReadGateReport(const sandbox::sys::UniqueFd& status) {
  std::array<char, 4> letters{};  // one more than the longest report
  const auto length = sandbox::sys::ReadSome(status, std::as_writable_bytes(std::span(letters)));
  if (!length) return GateReport::kNothing;
  const std::string_view said(letters.data(), *length);
  static constexpr char kFailure[] = {kGateSaysAllowed, kGateSaysFailed};
  if (said == std::string_view(&kGateSaysRefused, 1)) return GateReport::kRefused;
  if (said == std::string_view(&kGateSaysAllowed, 1)) return GateReport::kBecame;
  if (said == std::string_view(kFailure, sizeof kFailure)) return GateReport::kFailed;
  return GateReport::kNothing;
}

}  // namespace postern::daemon
