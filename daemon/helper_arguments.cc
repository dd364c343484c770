// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/helper_arguments.h"

#include <charconv>
#include <string_view>

namespace postern::daemon {
namespace {

std::optional<std::uint32_t> ParseId(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

}  // namespace

bool ParseHelperArguments(int argc, char** argv, std::optional<sandbox::HelperUser>& user) {
  if (argc == 1) return true;
  if (argc != 4 || std::string_view(argv[1]) != "--user") return false;
  const auto uid = ParseId(argv[2]);
  const auto gid = ParseId(argv[3]);
  if (!uid || !gid) return false;
  user = sandbox::HelperUser{*uid, *gid};
  return true;
}

}  // namespace postern::daemon
