// SPDX-License-Identifier: BSD-2-Clause
// The services that tcpmux may start, as posternd named them. Names compare without regard to case
// (RFC 1078), for ASCII letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::daemon {

class MuxTable {
 public:
  void Clear() { rows_.clear(); }
  // False when the table is full. Of two equal names the first counts, as in xinetd.
  bool Add(std::string_view name, std::uint32_t index);
  std::optional<std::uint32_t> Find(std::string_view name) const;
  std::string Listing() const;  // one name a line, CRLF

 private:
  struct Row {
    std::string name;
    std::uint32_t index = 0;
  };
  std::vector<Row> rows_;
};

bool SameMuxName(std::string_view a, std::string_view b);

}  // namespace postern::daemon
