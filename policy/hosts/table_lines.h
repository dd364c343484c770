// SPDX-License-Identifier: BSD-2-Clause
// An access file as tcp_wrappers cuts it into logical lines.
//
// A backslash in front of a newline joins lines; that comes before comments. A logical line with
// its newline, and each piece with its backslash and newline, must fit 2047 bytes. A NUL hides what
// is behind it in its line, newline included. Views point into the content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy::hosts {

struct LogicalLine {
  enum class End : std::uint8_t {
    kNewline,
    kEndOfFile,  // the newline is missing
    kTooLong,
  };
  // Where a stretch of `text` stands in the file.
  struct Piece {
    std::size_t offset = 0;  // of its first byte in `text`
    std::uint32_t line = 0, column = 0;
    std::string_view physical;  // the whole physical line, without its newline
  };

  std::string text;  // joined, without the newline
  End end = End::kNewline;
  std::vector<Piece> pieces;       // at least one
  std::uint32_t counted_line = 0;  // the number tcp_wrappers reports
  bool nul = false;                // a NUL hid something

  const Piece& PieceAt(std::size_t offset) const;
};

class TableLines {
 public:
  explicit TableLines(std::string_view content) : rest_(content) {}

  // nullopt at the end of the file. What follows a line that does not end in its newline is not a
  // line.
  std::optional<LogicalLine> Next();

 private:
  std::string_view Take(std::size_t max);  // fgets(3) of `max` bytes

  std::string_view rest_;
  std::string_view physical_;  // the physical line that rest_ starts in
  std::uint32_t line_ = 1;     // of rest_
  std::uint32_t column_ = 1;
  std::uint32_t counted_ = 0;
};

}  // namespace postern::policy::hosts
