// SPDX-License-Identifier: BSD-2-Clause
// An OptionRunner that does nothing but say what it would have done, and facts that were made up.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wrapper/access/fact_source.h"
#include "wrapper/access/option_runner.h"

namespace postern::wrapper {

class RecordingRunner : public OptionRunner {
 public:
  std::vector<std::string> done;
  std::string failing_command;  // the aclexec that says no
  bool client = true;
  bool users_exist = true;

  bool acts() const override { return true; }
  void Spawn(const std::string& command, RuleLog&) override { done.push_back("spawn " + command); }
  bool Aclexec(const std::string& command, RuleLog&) override {
    done.push_back("aclexec " + command);
    return command != failing_command;
  }
  void Keepalive(RuleLog&) override { done.push_back("keepalive"); }
  void Linger(int seconds, RuleLog&) override {
    done.push_back("linger " + std::to_string(seconds));
  }
  bool WantsBanners() override { return client; }
  void SendBanner(std::string_view text, RuleLog&) override {
    done.push_back("banner " + std::string(text));
  }
  void Nice(int increment, RuleLog&) override {
    done.push_back("nice " + std::to_string(increment));
  }
  Outcome Setenv(const std::string& name, const std::string& value) override {
    done.push_back("setenv " + name + "=" + value);
    return {};
  }
  void Umask(std::uint32_t mask) override { done.push_back("umask " + std::to_string(mask)); }
  Outcome RunAs(const std::string& user, const std::string& group) override {
    done.push_back("run as " + user + "." + group);
    if (!users_exist) return std::unexpected("unknown user: \"" + user + "\"");
    return {};
  }
};

// Answers what it was given and counts how often it was asked; the rest it leaves unasked.
class MadeUpFacts : public FactSource {
 public:
  std::string client_name, server_name, user;
  std::map<policy::hosts::Needed, int> asked;

  void Supply(const policy::hosts::Need& need, policy::hosts::Request& request,
              RuleLog& log) override {
    using policy::hosts::Fact;
    using policy::hosts::Needed;
    ++asked[need.what];
    if (need.what == Needed::kClientName && !client_name.empty()) {
      request.client.name = Fact::Known(client_name);
      if (client_name == "paranoid") log.Warn("it does not verify");
    }
    if (need.what == Needed::kServerName && !server_name.empty()) {
      request.server.name = Fact::Known(server_name);
    }
    if (need.what == Needed::kUser && !user.empty()) request.user = Fact::Known(user);
  }
};

}  // namespace postern::wrapper
