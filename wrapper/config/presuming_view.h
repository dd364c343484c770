// SPDX-License-Identifier: BSD-2-Clause
// A system on which every program and every account exists, and which is otherwise another one.
#pragma once

#include "policy/service/system_view.h"

namespace postern::wrapper {

class PresumingView final : public policy::SystemView {
 public:
  // `real` must outlive this.
  explicit PresumingView(const policy::SystemView& real) : real_(real) {}

  File ReadFile(const std::string& path, std::size_t max_bytes) const override {
    return real_.ReadFile(path, max_bytes);
  }
  Directory ListDirectory(const std::string& path) const override {
    return real_.ListDirectory(path);
  }
  std::optional<std::uint16_t> ServicePort(const std::string& service,
                                           const std::string& protocol) const override {
    return real_.ServicePort(service, protocol);
  }
  std::optional<int> ProtocolNumber(const std::string& protocol) const override {
    return real_.ProtocolNumber(protocol);
  }
  std::optional<std::uint32_t> NetworkNumber(const std::string& network) const override {
    return real_.NetworkNumber(network);
  }
  std::optional<User> UserByName(const std::string& name) const override {
    const auto user = real_.UserByName(name);
    return user ? user : User{kNobody, kNobody};
  }
  std::optional<std::string> UserNameById(std::uint32_t uid) const override {
    const auto name = real_.UserNameById(uid);
    return name ? name : std::to_string(uid);
  }
  std::optional<std::uint32_t> GroupByName(const std::string& name) const override {
    return real_.GroupByName(name).value_or(kNobody);
  }
  std::vector<std::uint32_t> SupplementaryGroups(const std::string& user,
                                                 std::uint32_t primary) const override {
    return real_.SupplementaryGroups(user, primary);
  }
  std::vector<policy::IpAddress> HostAddresses(const std::string& host) const override {
    return real_.HostAddresses(host);
  }
  std::string WhyNotExecutable(const std::string& /*path*/) const override { return {}; }
  FileFacts Inspect(const std::string& path) const override {
    FileFacts facts = real_.Inspect(path);
    if (facts.kind == FileFacts::Kind::kMissing) facts = {FileFacts::Kind::kDirectory, 0755};
    return facts;
  }
  SyscallWord KindOfSyscall(const std::string& word) const override {
    return real_.KindOfSyscall(word);
  }
  std::vector<std::string> SyscallsLike(const std::string& word) const override {
    return real_.SyscallsLike(word);
  }
  std::vector<std::string> Environment() const override { return real_.Environment(); }

 private:
  static constexpr std::uint32_t kNobody = 65534;
  const policy::SystemView& real_;
};

}  // namespace postern::wrapper
