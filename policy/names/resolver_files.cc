// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/resolver_files.h"

#include <algorithm>

#include "policy/base/text.h"
#include "policy/names/words.h"

namespace postern::policy {
namespace {

// The caps of resolv.conf(5).
constexpr std::uint64_t kLongestTimeout = 30, kMostAttempts = 5;

// "name:number"
std::optional<std::uint64_t> NumberOf(std::string_view option, std::string_view name) {
  if (!option.starts_with(name)) return std::nullopt;
  option.remove_prefix(name.size());
  if (!option.starts_with(':')) return std::nullopt;
  return ParseUnsigned(option.substr(1), 1'000'000);
}

void ReadOption(std::string_view option, ResolverSettings& settings) {
  if (const auto seconds = NumberOf(option, "timeout")) {
    settings.timeout =
        std::chrono::seconds(std::clamp<std::uint64_t>(*seconds, 1, kLongestTimeout));
  } else if (const auto attempts = NumberOf(option, "attempts")) {
    settings.attempts = static_cast<int>(std::clamp<std::uint64_t>(*attempts, 1, kMostAttempts));
  } else if (option == "rotate") {
    settings.rotate = true;
  } else if (option == "use-vc") {
    settings.use_tcp = true;
  }
}

}  // namespace

NameSources ParseNameSources(std::string_view nsswitch) {
  NameSources sources{{NameSource::kFiles, NameSource::kDns}, true};
  bool found = false;
  ForEachLine(nsswitch, "#", [&](const std::vector<std::string_view>& words) {
    constexpr std::string_view kKey = "hosts:";
    if (found || !words.front().starts_with(kKey)) return;
    found = true;
    sources = {};
    std::vector<std::string_view> named(words.begin() + 1, words.end());
    if (words.front().size() > kKey.size()) {
      named.insert(named.begin(), words.front().substr(kKey.size()));
    }
    for (const std::string_view name : named) {
      if (name == "files") {
        sources.order.push_back(NameSource::kFiles);
      } else if (name == "dns") {
        sources.order.push_back(NameSource::kDns);
      } else {
        sources.whole = false;
      }
    }
  });
  return sources;
}

ResolverSettings ParseResolverSettings(std::string_view resolv_conf) {
  ResolverSettings settings;
  std::size_t named = 0;
  ForEachLine(resolv_conf, "#;", [&](const std::vector<std::string_view>& words) {
    if (words.front() == "nameserver" && words.size() > 1 && named < kMaxNameServers) {
      const auto address = IpAddress::Parse(words[1]);
      if (address) settings.servers.push_back(*address);
      if (address || words[1].contains('%')) ++named;
    }
    if (words.front() != "options") return;
    for (std::size_t i = 1; i < words.size(); ++i) ReadOption(words[i], settings);
  });
  if (named == 0) settings.servers.push_back(IpAddress::FromV4(0x7f000001));
  return settings;
}

}  // namespace postern::policy
