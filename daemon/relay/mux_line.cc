// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/mux_line.h"

#include <algorithm>

namespace postern::daemon {

std::size_t MuxLine::Add(std::string_view bytes) {
  if (state_ != State::kOpen) return 0;
  const std::string_view usable = bytes.substr(0, room());
  const std::size_t end = usable.find('\n');
  const std::size_t taken = end == std::string_view::npos ? usable.size() : end + 1;
  line_.append(usable.substr(0, taken));
  if (end != std::string_view::npos) {
    state_ = State::kComplete;
  } else if (room() == 0) {
    state_ = State::kTooLong;
  }
  return taken;
}

std::string_view MuxLine::name() const {
  std::string_view name = line_;
  name.remove_suffix(1);
  if (name.ends_with('\r')) name.remove_suffix(1);
  return name;
}

}  // namespace postern::daemon
