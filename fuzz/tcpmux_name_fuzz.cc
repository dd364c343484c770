// SPDX-License-Identifier: BSD-2-Clause
// The name line of tcpmux (daemon/relay/mux_line.h): however it is cut into pieces, the same name
// comes out, and not one byte after the line is taken.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/relay/mux_line.h"

namespace {

using postern::daemon::kMaxMuxLine;
using postern::daemon::MuxLine;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::size_t Feed(MuxLine& line, std::string_view text, std::size_t piece) {
  std::size_t taken = 0;
  while (line.state() == MuxLine::State::kOpen && taken < text.size()) {
    const std::size_t added = line.Add(text.substr(taken, piece));
    Require(added > 0 && added <= piece);
    taken += added;
  }
  return taken;
}

}  // namespace

// The first byte is the length of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  MuxLine whole, pieces;
  const std::size_t taken = Feed(whole, text, kMaxMuxLine);
  Require(Feed(pieces, text, std::max<std::size_t>(data[0], 1)) == taken);
  Require(whole.state() == pieces.state() && taken <= kMaxMuxLine);

  const std::size_t end = text.find('\n');
  const bool complete = end < kMaxMuxLine;
  Require((whole.state() == MuxLine::State::kComplete) == complete);
  Require((whole.state() == MuxLine::State::kTooLong) == (!complete && text.size() >= kMaxMuxLine));
  if (!complete) return 0;
  Require(taken == end + 1 && whole.name() == pieces.name());
  std::string_view name = text.substr(0, end);
  if (name.ends_with('\r')) name.remove_suffix(1);
  Require(whole.name() == name);
  return 0;
}
