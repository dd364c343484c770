// SPDX-License-Identifier: BSD-2-Clause
// The text that the option `banners` sends: hosts_options(5), MISCELLANEOUS.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace postern::wrapper {

inline constexpr std::size_t kMaxBannerFile = std::size_t{1} << 20U;

// nullopt: the result would be too long; the client is refused.
using ExpandText = std::function<std::optional<std::string>(std::string_view text)>;

// Leading NUL bytes stay (clients of some protocols wait for them), each line is expanded, and
// lines end in CR LF. A line whose square brackets do not balance keeps its LF, as it does with
// tcp_wrappers, and so does the lack of one at the end. Text behind a NUL in a line is lost.
std::optional<std::string> RenderBanner(std::string_view content, const ExpandText& expand);

}  // namespace postern::wrapper
