// SPDX-License-Identifier: BSD-2-Clause
// A SystemView over maps, for tests and fuzz targets: a small, well-known world.
//
// Users: root, daemon 1, mail 8, lp 7 (group lp), "first.last" 1001. Groups: adm 4, mail 8, lp 7.
// Services: the classic ones. Hosts: localhost (both families), v4.test, v6.test. Every absolute
// path is executable unless it is in `not_executable`. System calls: read write chroot link ptrace
// setns (denied), bpf (denied to all), @basic-io @file-system @net-client @debug (denied).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/service/configuration.h"
#include "policy/service/system_view.h"

namespace postern::policy {

class FakeSystem : public SystemView {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> real_paths;  // path -> where it leads, for links
  std::set<std::string> unreadable;               // exist, but cannot be read
  std::map<std::string, std::vector<DirectoryEntry>> directories;
  std::map<std::string, std::string> not_executable;  // path -> why
  std::map<std::string, FileFacts> facts;             // of paths; the rest are directories of root
  std::vector<std::string> environment = {"PATH=/usr/bin", "FOO=foo", "HOME=/root"};

  File ReadFile(const std::string& path, std::size_t max_bytes) const override;
  Directory ListDirectory(const std::string& path) const override;
  std::optional<std::uint16_t> ServicePort(const std::string& service,
                                           const std::string& protocol) const override;
  std::optional<int> ProtocolNumber(const std::string& protocol) const override;
  std::optional<std::uint32_t> NetworkNumber(const std::string& network) const override;
  std::optional<User> UserByName(const std::string& name) const override;
  std::optional<std::string> UserNameById(std::uint32_t uid) const override;
  std::optional<std::uint32_t> GroupByName(const std::string& name) const override;
  std::vector<std::uint32_t> SupplementaryGroups(const std::string& user,
                                                 std::uint32_t primary) const override;
  std::vector<IpAddress> HostAddresses(const std::string& host) const override;
  std::string WhyNotExecutable(const std::string& path) const override;
  FileFacts Inspect(const std::string& path) const override;
  SyscallWord KindOfSyscall(const std::string& word) const override;
  std::vector<std::string> SyscallsLike(const std::string& word) const override;
  std::vector<std::string> Environment() const override;
};

// Loads `text` as the xinetd.conf of `system`, whose name is "x.conf".
Configuration LoadXinetd(std::string_view text, FakeSystem system = {});
// The same with `inetd` as its inetd.conf, "i.conf".
Configuration LoadBoth(std::string_view xinetd, std::string_view inetd, FakeSystem system = {});

// `service NAME` that is well by itself, with `lines` in it: UNLISTED, stream, /bin/echo, its port
// 20001.
std::string ServiceWith(std::string_view lines, std::string_view name = "s1",
                        std::string_view port = "20001");
std::string DefaultsWith(std::string_view lines);

const ServiceSpec* FindService(const Configuration& configuration, std::string_view id);
bool IsHeld(const Configuration& configuration, std::string_view id);
// Codes of the diagnostics, in order, joined by blanks.
std::string Codes(const Configuration& configuration);
// Every diagnostic as Render() shows it.
std::string Rendered(const Configuration& configuration);

}  // namespace postern::policy
