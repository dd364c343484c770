// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookup/resolver_files.h"

#include <string>

#include "daemon/lookup_protocol.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;  // lists of blocked hosts are long

std::string ReadWhole(const sys::UniqueFd& file) {
  std::string text;
  std::byte buffer[16384];
  for (;;) {
    const auto length = sys::ReadAt(file, text.size(), buffer);
    if (!length || text.size() + *length > kLargest) return {};
    if (*length == 0) return text;
    for (const std::byte byte : std::span(buffer).first(*length)) {
      text += static_cast<char>(byte);
    }
  }
}

}  // namespace

wrapper::NameFiles ReadResolverFiles(std::uint32_t present,
                                     std::span<const sys::UniqueFd> descriptors) {
  const auto next = [&](std::uint32_t which) -> std::string {
    if ((present & which) == 0) return {};
    std::string text = ReadWhole(descriptors.front());
    descriptors = descriptors.subspan(1);
    return text;
  };
  wrapper::NameFiles files;
  files.hosts = policy::HostsFile::Parse(next(kHostsPresent));
  files.resolver = policy::ParseResolverSettings(next(kResolvPresent));
  files.sources = policy::ParseNameSources(next(kSwitchPresent));
  return files;
}

}  // namespace postern::daemon
