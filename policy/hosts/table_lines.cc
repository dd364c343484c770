// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/table_lines.h"

#include <algorithm>

namespace postern::policy::hosts {
namespace {

constexpr std::size_t kBuffer = 2048;

}  // namespace

const LogicalLine::Piece& LogicalLine::PieceAt(std::size_t offset) const {
  const auto behind = std::ranges::upper_bound(pieces, offset, {}, &Piece::offset);
  return behind == pieces.begin() ? pieces.front() : *(behind - 1);
}

// Up to `max` bytes of one physical line, with its newline.
std::string_view TableLines::Take(std::size_t max) {
  if (column_ == 1) physical_ = rest_.substr(0, rest_.find('\n'));
  const std::size_t newline = rest_.substr(0, max).find('\n');
  const bool whole = newline != std::string_view::npos;
  const std::string_view bytes = rest_.substr(0, whole ? newline + 1 : max);
  rest_.remove_prefix(bytes.size());
  column_ = whole ? 1 : column_ + static_cast<std::uint32_t>(bytes.size());
  if (whole) ++line_;
  return bytes;
}

std::optional<LogicalLine> TableLines::Next() {
  LogicalLine line;
  while (!rest_.empty()) {
    // One byte of the buffer is for the terminating NUL.
    const std::size_t room = kBuffer - 1 - line.text.size();
    if (room == 0) break;
    // A piece of which nothing is seen gives way to the next: a file of NULs, or of backslashes and
    // newlines, would have as many of them as bytes.
    const bool empty = !line.pieces.empty() && line.pieces.back().offset == line.text.size();
    if (empty) line.pieces.pop_back();
    line.pieces.push_back({line.text.size(), line_, column_, {}});
    const std::string_view bytes = Take(room);
    line.pieces.back().physical = physical_;
    const std::string_view visible = bytes.substr(0, bytes.find('\0'));
    if (visible.size() < bytes.size()) line.nul = true;
    line.text += visible;
    if (!visible.ends_with('\n')) continue;
    ++counted_;
    line.text.pop_back();
    if (!line.text.ends_with('\\') || visible.size() < 2) {
      line.counted_line = counted_;
      return line;
    }
    line.text.pop_back();
  }
  if (line.text.empty()) return std::nullopt;
  line.counted_line = counted_;
  line.end =
      line.text.size() == kBuffer - 1 ? LogicalLine::End::kTooLong : LogicalLine::End::kEndOfFile;
  rest_ = {};
  return line;
}

}  // namespace postern::policy::hosts
