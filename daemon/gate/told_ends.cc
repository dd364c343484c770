// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/gate/told_ends.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/address/ip_address.h"

namespace postern::daemon {

namespace {

using sandbox::sys::SocketAddress;

std::string_view LastOf(const char* const* environment, const std::string& name) {
  const std::string start = name + "=";
  std::string_view value;
  for (; *environment != nullptr; ++environment) {
    const std::string_view word = *environment;
    if (word.starts_with(start)) value = word.substr(start.size());
  }
  return value;
}

// Unknown unless both words are whole.
SocketAddress ToldAddress(const char* const* environment, const std::string& end) {
  const auto address = policy::IpAddress::Parse(LastOf(environment, "TCP" + end + "IP"));
  const std::string_view text = LastOf(environment, "TCP" + end + "PORT");
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (!address || error != std::errc() || rest != text.data() + text.size()) return {};
  return SocketAddress::Inet(address->bytes(), port, address->is_v4());
}

}  // namespace

std::optional<wrapper::Connection> ToldEnds(const char* const* environment) {
  if (LastOf(environment, "PROTO") != "TCP") return std::nullopt;
  wrapper::Connection ends{ToldAddress(environment, "REMOTE"), ToldAddress(environment, "LOCAL"),
                           /*stream=*/true};
  if (!ends.client.known()) return std::nullopt;
  return ends;
}

}  // namespace postern::daemon
