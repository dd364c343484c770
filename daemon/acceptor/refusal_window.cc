// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/refusal_window.h"

#include <algorithm>

namespace postern::daemon {

bool RefusalWindow::Note(const std::optional<policy::IpAddress>& source) {
  const bool known = std::find(recorded_.begin(), recorded_.end(), source) != recorded_.end();
  if (known || recorded_.size() >= kMaxRecords) {
    ++unrecorded_;
    return false;
  }
  recorded_.push_back(source);
  return true;
}

}  // namespace postern::daemon
