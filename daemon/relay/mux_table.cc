// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/mux_table.h"

#include <algorithm>

#include "daemon/protocol.h"

namespace postern::daemon {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool SameMuxName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool MuxTable::Add(std::string_view name, std::uint32_t index) {
  if (rows_.size() == kMaxMuxNames) return false;
  rows_.push_back({std::string(name), index});
  return true;
}

std::optional<std::uint32_t> MuxTable::Find(std::string_view name) const {
  for (const Row& row : rows_) {
    if (SameMuxName(row.name, name)) return row.index;
  }
  return std::nullopt;
}

std::string MuxTable::Listing() const {
  std::string text;
  for (const Row& row : rows_) text.append(row.name).append("\r\n");
  return text;
}

}  // namespace postern::daemon
