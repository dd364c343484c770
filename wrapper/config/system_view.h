// SPDX-License-Identifier: BSD-2-Clause
// The real system as the configuration loader sees it: files, and the name service switch.
//
// One object serves one load: every answer is kept, so that thousands of services cost one look-up
// a name, and a reload, with a new object, sees what has changed. Look-ups may block on the name
// service; they happen at start and reload only, never for a connection.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/service/system_view.h"

namespace postern::wrapper {

class RealSystem final : public policy::SystemView {
 public:
  // Relative paths count from `start_directory`, whatever the working directory is by then.
  explicit RealSystem(std::string start_directory);

  File ReadFile(const std::string& path, std::size_t max_bytes) const override;
  Directory ListDirectory(const std::string& path) const override;
  std::string WhyNotExecutable(const std::string& path) const override;
  FileFacts Inspect(const std::string& path) const override;
  SyscallWord KindOfSyscall(const std::string& word) const override;
  std::vector<std::string> SyscallsLike(const std::string& word) const override;

  std::optional<std::uint16_t> ServicePort(const std::string& service,
                                           const std::string& protocol) const override;
  std::optional<int> ProtocolNumber(const std::string& protocol) const override;
  std::optional<std::uint32_t> NetworkNumber(const std::string& network) const override;
  std::optional<User> UserByName(const std::string& name) const override;
  std::optional<std::string> UserNameById(std::uint32_t uid) const override;
  std::optional<std::uint32_t> GroupByName(const std::string& name) const override;
  std::vector<std::uint32_t> SupplementaryGroups(const std::string& user,
                                                 std::uint32_t primary) const override;
  std::vector<policy::IpAddress> HostAddresses(const std::string& host) const override;

  std::vector<std::string> Environment() const override;

 private:
  template <typename Key, typename Value>
  using Cache = std::map<Key, std::optional<Value>>;
  using ServiceKey = std::pair<std::string, std::string>;  // name, protocol

  std::string Absolute(const std::string& path) const;
  void ReadServicesOnce() const;

  std::string start_directory_;
  // Filled by const look-ups; one thread uses the object.
  mutable bool services_read_ = false;
  mutable Cache<ServiceKey, std::uint16_t> services_;
  mutable Cache<std::string, int> protocols_;
  mutable Cache<std::string, std::uint32_t> networks_;
  mutable Cache<std::string, User> users_;
  mutable Cache<std::uint32_t, std::string> user_names_;
  mutable Cache<std::string, std::uint32_t> groups_;
  mutable std::map<std::pair<std::string, std::uint32_t>, std::vector<std::uint32_t>> memberships_;
  mutable std::map<std::string, std::vector<policy::IpAddress>> hosts_;
  mutable std::map<std::string, FileFacts> facts_;
};

}  // namespace postern::wrapper
