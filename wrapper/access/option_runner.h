// SPDX-License-Identifier: BSD-2-Clause
// What the options of the rule that matched do, apart from when and in which order: that is the
// gatekeeper's. Values arrive expanded and filtered.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/sys/unique_fd.h"
#include "wrapper/access/log_sink.h"

namespace postern::wrapper {

class OptionRunner {
 public:
  // The error is the text of hosts_options(5)'s ancestor, and refuses the client.
  using Outcome = std::expected<void, std::string>;

  virtual ~OptionRunner() = default;
  virtual bool acts() const = 0;  // false: it only looks as if
  virtual void Spawn(const std::string& command, RuleLog& log) = 0;
  virtual bool Aclexec(const std::string& command, RuleLog& log) = 0;  // false: it said no
  virtual void Keepalive(RuleLog& log) = 0;
  virtual void Linger(int seconds, RuleLog& log) = 0;
  virtual bool WantsBanners() = 0;  // whether there is a client to send one to
  virtual void SendBanner(std::string_view text, RuleLog& log) = 0;
  virtual void Nice(int increment, RuleLog& log) = 0;
  virtual Outcome Setenv(const std::string& name, const std::string& value) = 0;
  virtual void Umask(std::uint32_t mask) = 0;
  virtual Outcome RunAs(const std::string& user, const std::string& group) = 0;
};

// Tools and tests: nothing is done, every command says yes, users and groups need not exist.
class DryRunner : public OptionRunner {
 public:
  bool acts() const override { return false; }
  void Spawn(const std::string&, RuleLog&) override {}
  bool Aclexec(const std::string&, RuleLog&) override { return true; }
  void Keepalive(RuleLog&) override {}
  void Linger(int, RuleLog&) override {}
  bool WantsBanners() override { return false; }
  void SendBanner(std::string_view, RuleLog&) override {}
  void Nice(int, RuleLog&) override {}
  Outcome Setenv(const std::string&, const std::string&) override { return {}; }
  void Umask(std::uint32_t) override {}
  Outcome RunAs(const std::string&, const std::string&) override { return {}; }
};

inline constexpr std::chrono::seconds kBannerDeadline{10};

// tcpd and libwrap: acts on the process that runs it and on the connection it was given.
class ProcessRunner : public OptionRunner {
 public:
  // `client` is a duplicate of the connection's descriptor; it may own nothing.
  explicit ProcessRunner(sandbox::sys::UniqueFd client,
                         std::chrono::milliseconds banner_deadline = kBannerDeadline)
      : client_(std::move(client)), banner_deadline_(banner_deadline) {}
  bool acts() const override { return true; }

  void Spawn(const std::string& command, RuleLog& log) override;
  bool Aclexec(const std::string& command, RuleLog& log) override;
  void Keepalive(RuleLog& log) override;
  void Linger(int seconds, RuleLog& log) override;
  bool WantsBanners() override { return static_cast<bool>(client_); }
  void SendBanner(std::string_view text, RuleLog& log) override;
  void Nice(int increment, RuleLog& log) override;
  Outcome Setenv(const std::string& name, const std::string& value) override;
  void Umask(std::uint32_t mask) override;
  Outcome RunAs(const std::string& user, const std::string& group) override;

 private:
  sandbox::sys::UniqueFd client_;
  std::chrono::milliseconds banner_deadline_;
};

// The end of `twist`: the process becomes `/bin/sh -c command` with the connection as descriptors
// 0, 1 and 2 and no other. Returns only on failure, with the reason.
std::string BecomeShell(const sandbox::sys::UniqueFd& client, const std::string& command);

}  // namespace postern::wrapper
