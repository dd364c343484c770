// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/config/system_view.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "sandbox/filter/daemon_filter.h"
#include "sandbox/filter/groups.h"
#include "sandbox/sys/files.h"

extern "C" char** environ;

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
namespace filter = sandbox::filter;
using policy::IpAddress;

std::string Why(const sys::Error& error) {
  if (std::strcmp(error.call, "open") == 0 && error.number == EINVAL) return "not a regular file";
  return sys::ErrnoText(error.number);
}

// The value kept for `key`, asked for the first time with `ask`.
template <typename Map, typename Key, typename Ask>
const typename Map::mapped_type& Remember(Map& cache, const Key& key, Ask ask) {
  const auto found = cache.find(key);
  if (found != cache.end()) return found->second;
  return cache.emplace(key, ask()).first->second;
}

// Calls a getXXX_r(3) function with a buffer that grows until the entry fits. `call` is given the
// buffer and returns the function's error number. False when the buffer would become absurd.
constexpr std::size_t kFirstBuffer = 1024;
constexpr std::size_t kLargestBuffer = std::size_t{4} * 1024 * 1024;
template <typename Call>
bool CallWithRoom(std::vector<char>& buffer, Call call) {
  if (buffer.empty()) buffer.resize(kFirstBuffer);
  for (;;) {
    const int error = call(buffer.data(), buffer.size());
    if (error == 0) return true;
    if (error != ERANGE || buffer.size() >= kLargestBuffer) return false;
    buffer.resize(buffer.size() * 2);
  }
}

// The entry a getXXXbyYYY_r(3) function finds, turned into a value while its buffer lives.
template <typename Entry, typename Call, typename Convert>
auto LookUp(Call call, Convert convert) -> std::optional<decltype(convert(Entry{}))> {
  Entry entry{};
  Entry* result = nullptr;
  std::vector<char> buffer;
  const bool done = CallWithRoom(
      buffer, [&](char* data, std::size_t size) { return call(&entry, data, size, &result); });
  if (!done || result == nullptr) return std::nullopt;
  return convert(*result);
}

std::uint16_t PortOf(const servent& entry) {
  return ntohs(static_cast<std::uint16_t>(entry.s_port));
}

// Host names compare without regard to case (RFC 4343).
bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// hosts(5): an address, then its names, words between blanks; "#" begins a comment.
std::vector<IpAddress> AddressesInLine(std::string_view line, std::string_view host) {
  line = line.substr(0, line.find('#'));
  std::optional<IpAddress> address;
  bool first = true;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    if (first) address = IpAddress::Parse(word);
    if (!address) return {};
    if (!first && SameName(word, host)) return {*address};
    first = false;
    at = end;
  }
  return {};
}

// Numbers and /etc/hosts, never the DNS: this process reads no byte that came from the network.
std::vector<IpAddress> Resolve(const std::string& host) {
  if (const auto address = IpAddress::Parse(host)) return {*address};
  constexpr std::size_t kMaxHostsFile = std::size_t{4} << 20;
  const auto content = sys::ReadFile("/etc/hosts", kMaxHostsFile);
  if (!content) return {};
  std::vector<IpAddress> addresses;
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    for (const IpAddress& address : AddressesInLine(rest.substr(0, end), host)) {
      addresses.push_back(address);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return addresses;
}

std::vector<std::uint32_t> GroupsOf(const std::string& user, std::uint32_t primary) {
  constexpr std::size_t kMostGroups = 65536;  // NGROUPS_MAX
  std::vector<gid_t> groups(64);
  for (;;) {
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(user.c_str(), primary, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return {groups.begin(), groups.end()};
    }
    if (groups.size() >= kMostGroups) return {primary};
    groups.resize(groups.size() * 2);
  }
}

policy::SystemView::FileFacts FactsOf(const std::string& path) {
  using Facts = policy::SystemView::FileFacts;
  Facts facts;
  const auto kind = sys::Inspect(path);
  if (!kind) {
    facts.error = sys::ErrnoText(kind.error().number);
    facts.denied = kind.error().number == EACCES;
    return facts;
  }
  facts.kind = kind->regular     ? Facts::Kind::kRegular
               : kind->directory ? Facts::Kind::kDirectory
                                 : Facts::Kind::kOther;
  facts.mode = kind->mode;
  facts.uid = kind->uid;
  facts.gid = kind->gid;
  facts.capabilities = kind->regular && sys::HasFileCapabilities(path);
  return facts;
}

}  // namespace

RealSystem::RealSystem(std::string start_directory)
    : start_directory_(std::move(start_directory)) {}

std::string RealSystem::Absolute(const std::string& path) const {
  return path.starts_with('/') ? path : start_directory_ + "/" + path;
}

policy::SystemView::File RealSystem::ReadFile(const std::string& path,
                                              std::size_t max_bytes) const {
  File file;
  const std::string absolute = Absolute(path);
  auto content = sys::ReadFile(absolute, max_bytes);
  if (!content) {
    file.error = Why(content.error());
    file.missing = content.error().number == ENOENT;
    return file;
  }
  file.content = std::move(*content);
  file.real_path = sys::RealPath(absolute).value_or(absolute);
  return file;
}

policy::SystemView::Directory RealSystem::ListDirectory(const std::string& path) const {
  Directory directory;
  auto entries = sys::ListDirectory(Absolute(path));
  if (!entries) {
    directory.error = Why(entries.error());
    directory.missing = entries.error().number == ENOENT;
    return directory;
  }
  for (sys::DirectoryEntry& entry : *entries) {
    directory.entries.push_back({std::move(entry.name), entry.is_regular});
  }
  return directory;
}

std::string RealSystem::WhyNotExecutable(const std::string& path) const {
  const std::string absolute = Absolute(path);
  const auto kind = sys::Inspect(absolute);
  if (!kind) return sys::ErrnoText(kind.error().number);
  if (!kind->regular) return "not a regular file";
  if (!sys::IsExecutable(absolute)) return "not executable";
  return {};
}

policy::SystemView::FileFacts RealSystem::Inspect(const std::string& path) const {
  return Remember(facts_, path, [&] { return FactsOf(Absolute(path)); });
}

policy::SystemView::SyscallWord RealSystem::KindOfSyscall(const std::string& word) const {
  switch (filter::KindOf(word)) {
    case filter::WordKind::kUnknown:
      return SyscallWord::kUnknown;
    case filter::WordKind::kGroup:
      return SyscallWord::kGroup;
    case filter::WordKind::kDeniedGroup:
      return SyscallWord::kDeniedGroup;
    case filter::WordKind::kCall:
      break;
  }
  if (filter::IsDeniedToAll(word)) return SyscallWord::kDeniedToAll;
  const bool denied = std::ranges::any_of(filter::Expand(word), filter::IsAlwaysDenied);
  return denied ? SyscallWord::kDeniedCall : SyscallWord::kCall;
}

std::vector<std::string> RealSystem::SyscallsLike(const std::string& word) const {
  return filter::NearMisses(word);
}

// The services database is read through once: asking it by name costs a scan of the whole file for
// every service. The first entry wins, as it does for getservbyname(3).
void RealSystem::ReadServicesOnce() const {
  if (std::exchange(services_read_, true)) return;
  constexpr std::size_t kMostEntries = 200'000;
  ::setservent(1);
  std::vector<char> buffer;
  for (std::size_t i = 0; i < kMostEntries; ++i) {
    servent entry{};
    servent* result = nullptr;
    const bool done = CallWithRoom(buffer, [&](char* data, std::size_t size) {
      return ::getservent_r(&entry, data, size, &result);
    });
    if (!done || result == nullptr) break;
    services_.try_emplace(ServiceKey(entry.s_name, entry.s_proto), PortOf(entry));
    for (char** alias = entry.s_aliases; *alias != nullptr; ++alias) {
      services_.try_emplace(ServiceKey(*alias, entry.s_proto), PortOf(entry));
    }
  }
  ::endservent();
}

std::optional<std::uint16_t> RealSystem::ServicePort(const std::string& service,
                                                     const std::string& protocol) const {
  ReadServicesOnce();
  // A name service that is not a file (LDAP) may answer by name what it does not list.
  return Remember(services_, ServiceKey(service, protocol), [&] {
    return LookUp<servent>(
        [&](servent* entry, char* data, std::size_t size, servent** result) {
          return ::getservbyname_r(service.c_str(), protocol.c_str(), entry, data, size, result);
        },
        [](const servent& entry) { return PortOf(entry); });
  });
}

std::optional<int> RealSystem::ProtocolNumber(const std::string& protocol) const {
  return Remember(protocols_, protocol, [&] {
    return LookUp<protoent>(
        [&](protoent* entry, char* data, std::size_t size, protoent** result) {
          return ::getprotobyname_r(protocol.c_str(), entry, data, size, result);
        },
        [](const protoent& entry) { return entry.p_proto; });
  });
}

std::optional<std::uint32_t> RealSystem::NetworkNumber(const std::string& network) const {
  return Remember(networks_, network, [&] {
    return LookUp<netent>(
        [&](netent* entry, char* data, std::size_t size, netent** result) {
          int resolver_error = 0;
          return ::getnetbyname_r(network.c_str(), entry, data, size, result, &resolver_error);
        },
        [](const netent& entry) { return std::uint32_t{entry.n_net}; });
  });
}

std::optional<policy::SystemView::User> RealSystem::UserByName(const std::string& name) const {
  return Remember(users_, name, [&] {
    return LookUp<passwd>(
        [&](passwd* entry, char* data, std::size_t size, passwd** result) {
          return ::getpwnam_r(name.c_str(), entry, data, size, result);
        },
        [](const passwd& entry) { return User{entry.pw_uid, entry.pw_gid}; });
  });
}

std::optional<std::string> RealSystem::UserNameById(std::uint32_t uid) const {
  return Remember(user_names_, uid, [&] {
    return LookUp<passwd>(
        [&](passwd* entry, char* data, std::size_t size, passwd** result) {
          return ::getpwuid_r(uid, entry, data, size, result);
        },
        [](const passwd& entry) { return std::string(entry.pw_name); });
  });
}

std::optional<std::uint32_t> RealSystem::GroupByName(const std::string& name) const {
  return Remember(groups_, name, [&] {
    return LookUp<group>(
        [&](group* entry, char* data, std::size_t size, group** result) {
          return ::getgrnam_r(name.c_str(), entry, data, size, result);
        },
        [](const group& entry) { return std::uint32_t{entry.gr_gid}; });
  });
}

std::vector<std::uint32_t> RealSystem::SupplementaryGroups(const std::string& user,
                                                           std::uint32_t primary) const {
  return Remember(memberships_, std::pair(user, primary), [&] { return GroupsOf(user, primary); });
}

std::vector<IpAddress> RealSystem::HostAddresses(const std::string& host) const {
  return Remember(hosts_, host, [&] { return Resolve(host); });
}

std::vector<std::string> RealSystem::Environment() const {
  std::vector<std::string> words;
  for (char** word = environ; word != nullptr && *word != nullptr; ++word) {
    words.emplace_back(*word);
  }
  return words;
}

}  // namespace postern::wrapper
