// SPDX-License-Identifier: BSD-2-Clause
// The small world of fake_system.h.
#include "tests/testlib/fake_system.h"

#include <algorithm>

namespace postern::policy {
namespace {

template <typename Map, typename Key>
auto Find(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

const std::map<std::string, std::uint16_t> kPorts = {
    {"tcpmux", 1}, {"echo", 7},    {"discard", 9}, {"daytime", 13}, {"chargen", 19},
    {"ftp", 21},   {"telnet", 23}, {"smtp", 25},   {"mail", 25},    {"time", 37},
    {"tftp", 69},  {"finger", 79}, {"auth", 113},  {"printer", 515}};

const std::map<std::string, SystemView::User> kUsers = {
    {"root", {0, 0}}, {"daemon", {1, 1}},         {"lp", {7, 7}},
    {"mail", {8, 8}}, {"nobody", {65534, 65534}}, {"first.last", {1001, 1001}}};

const std::map<std::string, std::uint32_t> kGroups = {
    {"root", 0}, {"daemon", 1}, {"adm", 4}, {"lp", 7}, {"mail", 8}};

const std::map<std::string, std::vector<std::string>> kHosts = {
    {"localhost", {"::1", "127.0.0.1"}},
    {"v4.test", {"127.0.0.1"}},
    {"v6.test", {"::1"}},
    {"two.test", {"192.0.2.1", "192.0.2.2"}}};

}  // namespace

SystemView::File FakeSystem::ReadFile(const std::string& path, std::size_t max_bytes) const {
  File file;
  const auto content = Find(files, path);
  if (unreadable.contains(path)) {
    file.error = "Permission denied";
  } else if (!content) {
    file.error = "No such file or directory";
    file.missing = true;
  } else if (content->size() > max_bytes) {
    file.error = "File too large";
  } else {
    file.content = *content;
    file.real_path = Find(real_paths, path).value_or(path);
  }
  return file;
}

SystemView::Directory FakeSystem::ListDirectory(const std::string& path) const {
  Directory directory;
  if (const auto entries = Find(directories, path)) {
    directory.entries = *entries;
  } else {
    directory.error = "No such file or directory";
    directory.missing = !unreadable.contains(path);
  }
  return directory;
}

std::optional<std::uint16_t> FakeSystem::ServicePort(const std::string& service,
                                                     const std::string& protocol) const {
  const bool udp_only = service == "tftp";
  const bool tcp_only = service == "smtp" || service == "mail" || service == "ftp";
  if ((protocol != "tcp" || udp_only) && (protocol != "udp" || tcp_only)) return std::nullopt;
  return Find(kPorts, service);
}

std::optional<int> FakeSystem::ProtocolNumber(const std::string& protocol) const {
  static const std::map<std::string, int> numbers = {
      {"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"sctp", 132}};
  return Find(numbers, protocol);
}

std::optional<std::uint32_t> FakeSystem::NetworkNumber(const std::string& network) const {
  if (network == "testnet") return 0xc0000200U;  // 192.0.2.0
  return std::nullopt;
}

std::optional<SystemView::User> FakeSystem::UserByName(const std::string& name) const {
  return Find(kUsers, name);
}

std::optional<std::string> FakeSystem::UserNameById(std::uint32_t uid) const {
  for (const auto& [name, user] : kUsers) {
    if (user.uid == uid) return name;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> FakeSystem::GroupByName(const std::string& name) const {
  return Find(kGroups, name);
}

std::vector<std::uint32_t> FakeSystem::SupplementaryGroups(const std::string& user,
                                                           std::uint32_t primary) const {
  if (user == "mail") return {primary, 4};
  return {primary};
}

std::vector<IpAddress> FakeSystem::HostAddresses(const std::string& host) const {
  std::vector<IpAddress> addresses;
  for (const std::string& text : Find(kHosts, host).value_or(std::vector<std::string>{})) {
    addresses.push_back(*IpAddress::Parse(text));
  }
  return addresses;
}

std::string FakeSystem::WhyNotExecutable(const std::string& path) const {
  return Find(not_executable, path).value_or("");
}

SystemView::FileFacts FakeSystem::Inspect(const std::string& path) const {
  return Find(facts, path).value_or(FileFacts{FileFacts::Kind::kDirectory, 0755});
}

SystemView::SyscallWord FakeSystem::KindOfSyscall(const std::string& word) const {
  using enum SyscallWord;
  static const std::map<std::string, SyscallWord> words = {
      {"read", kCall},         {"write", kCall},        {"chroot", kCall},
      {"link", kCall},         {"ptrace", kCall},       {"setns", kDeniedCall},
      {"bpf", kDeniedToAll},   {"@basic-io", kGroup},   {"@file-system", kGroup},
      {"@net-client", kGroup}, {"@debug", kDeniedGroup}};
  return Find(words, word).value_or(kUnknown);
}

std::vector<std::string> FakeSystem::SyscallsLike(const std::string& word) const {
  if (word == "wriet") return {"write"};
  return {};
}

std::vector<std::string> FakeSystem::Environment() const { return environment; }

Configuration LoadXinetd(std::string_view text, FakeSystem system) {
  system.files["x.conf"] = text;
  LoadOptions options;
  options.xinetd_path = "x.conf";
  return LoadConfiguration(options, system);
}

Configuration LoadBoth(std::string_view xinetd, std::string_view inetd, FakeSystem system) {
  system.files["x.conf"] = xinetd;
  system.files["i.conf"] = inetd;
  LoadOptions options;
  options.xinetd_path = "x.conf";
  options.inetd_path = "i.conf";
  return LoadConfiguration(options, system);
}

std::string ServiceWith(std::string_view lines, std::string_view name, std::string_view port) {
  std::string out = "service " + std::string(name) + "\n{\n";
  const auto unless_given = [&out, lines](std::string_view attribute, std::string_view line) {
    const std::string wanted = std::string(attribute) + " =";
    const bool given = lines.starts_with(wanted) || lines.find("\n" + wanted) != lines.npos;
    if (!given) out += std::string(line) + "\n";
  };
  unless_given("type", "type = UNLISTED");
  unless_given("socket_type", "socket_type = stream");
  unless_given("wait", "wait = no");
  unless_given("user", "user = root");
  unless_given("server", "server = /bin/echo");
  unless_given("port", "port = " + std::string(port));
  return out + std::string(lines) + "\n}\n";
}

std::string DefaultsWith(std::string_view lines) {
  return "defaults\n{\n" + std::string(lines) + "\n}\n";
}

const ServiceSpec* FindService(const Configuration& configuration, std::string_view id) {
  const auto found = std::ranges::find_if(configuration.services,
                                          [id](const auto& service) { return service->id == id; });
  return found == configuration.services.end() ? nullptr : found->get();
}

bool IsHeld(const Configuration& configuration, std::string_view id) {
  return FindService(configuration, id) == nullptr &&
         std::ranges::any_of(configuration.held,
                             [id](const HeldService& held) { return held.id == id; });
}

std::string Codes(const Configuration& configuration) {
  std::string out;
  for (const Diagnostic& diagnostic : configuration.diagnostics) {
    out += (out.empty() ? "" : " ") + diagnostic.code;
  }
  return out;
}

std::string Rendered(const Configuration& configuration) {
  std::string out;
  for (const Diagnostic& diagnostic : configuration.diagnostics) out += Render(diagnostic);
  return out;
}

}  // namespace postern::policy
