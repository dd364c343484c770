// SPDX-License-Identifier: BSD-2-Clause
// Small random hosts.allow and hosts.deny files around 192.0.0.0/16 and 2001:db8::/112, from a
// seed.
//
// Every construct that an address, a name, a user or a daemon can be written with occurs, and
// EXCEPT often, so that a few rules already disagree with each other everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "policy/hosts/hosts_policy.h"

namespace postern::testlib {

class RandomHosts {
 public:
  explicit RandomHosts(std::uint32_t seed) : random_(seed) {}

  struct Files {
    std::string allow, deny;
  };
  Files Make() { return {Table(), Table()}; }
  // `files` with a line more, less or other in one table.
  Files Change(const Files& files) {
    Files changed = files;
    std::string& table = Below(2) == 0 ? changed.allow : changed.deny;
    const std::size_t line = table.find('\n', Below(table.size() + 1));
    const std::size_t at = line == std::string::npos ? 0 : line + 1;
    if (Below(2) == 0) {
      table.insert(at, Rule());
    } else {
      table.erase(at, table.find('\n', at) - at + 1);
    }
    return changed;
  }

  static std::shared_ptr<const policy::hosts::HostsPolicy> Compile(const Files& files) {
    using policy::hosts::SourceFile;
    return policy::hosts::HostsPolicy::Compile(
        {"allow", "deny"}, [&files](const std::string& path) -> SourceFile {
          using State = SourceFile::State;
          if (path == "allow") return {State::kRead, files.allow, {}};
          if (path == "deny") return {State::kRead, files.deny, {}};
          if (path == "/list") return {State::kRead, "192.0.2.0/24\n.lab.test 192.0.9.\n", {}};
          if (path == "/nest") return {State::kRead, "192.0.7.7 /none /list\n", {}};
          if (path == "/v6") return {State::kRead, "[2001:db8::8000]/113 2001:db8::5\n", {}};
          return {State::kUnreadable, {}, "permission denied"};
        });
  }

  static const std::vector<std::string>& Names() {
    static const std::vector<std::string> names = {
        "unknown", "paranoid", "alpha", "a.lab.test", "beta.lab.test", "lab.test", "gamma.example"};
    return names;
  }
  static const std::vector<std::string>& Users() {
    static const std::vector<std::string> users = {"unknown", "carol", "dave"};
    return users;
  }
  static const std::vector<std::string>& Daemons() {
    static const std::vector<std::string> daemons = {"ftpd", "sshd", "x"};
    return daemons;
  }

 private:
  std::size_t Below(std::size_t limit) {
    return static_cast<std::size_t>(random_() % static_cast<std::uint32_t>(limit));
  }
  std::string Octet() { return std::to_string(Below(256)); }
  std::string Pick(const std::vector<std::string>& words) { return words[Below(words.size())]; }
  std::string Group() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string group;
    for (std::size_t i = Below(4) + 1; i > 0; --i) group += kDigits[Below(16)];
    return group;
  }

  std::string Address() {
    switch (Below(11)) {
      case 0:
        return "192.0." + Octet() + "." + Octet();
      case 1:
        return "192.0." + Octet() + ".";
      case 2:
        return "192.0." + std::to_string(Below(16) * 16) + ".0/" + std::to_string(20 + Below(9));
      case 3:
        return "192.0." + Octet() + ".0/255.255.255." + Pick({"0", "128", "1", "5"});
      case 4:
        return "192.0.0.0/255.255." + Pick({"0.0", "1.0", "128.3", "0.255"});
      case 5:
        return "." + Octet();
      case 6:
        return Pick(
            {"192.0.1*", "*.5?", "192.*7.*", "1?2.0.??.*", "*9", "192.0.255.25?", "*1*2*3"});
      case 7:
        return "[2001:db8::" + Group() + "]";
      case 8:
        return "[2001:db8::" + Group() + "]/" + Pick({"112", "113", "120", "125", "128", "x", "0"});
      case 9:
        return Pick({"2001*", "*a", "*::?", "2001?db8??5*", "*0?", "*db8*c*"});
      default:
        return Pick({"0.0.0.0/0.0.0.0", "192.0.", "[::]/0", "/v6", "192.0.2.1/24", "0.0.0.0/0"});
    }
  }

  std::string Client() {
    std::string user;
    if (Below(6) == 0) user = Pick({"carol@", "KNOWN@", "UNKNOWN@", "d*@", "ALL@"});
    switch (Below(10)) {
      case 0:
        return user + Pick({"ALL", "ALL", "KNOWN", "UNKNOWN", "PARANOID", "LOCAL"});
      case 1:
        return user + Pick({".lab.test", ".test", "alpha", "a*", "a.", "gamma.example", "*lab*"});
      case 2:
        return user + Pick({"/list", "/nest", "/none", "@group"});
      default:
        return user + Address();
    }
  }

  std::string Clients() {
    std::string clients = Client();
    while (Below(2) == 0) clients += Below(3) == 0 ? " EXCEPT " + Client() : " " + Client();
    return clients;
  }

  std::string Rule() {
    const std::string daemons =
        Pick({"ALL", "ALL", "ftpd", "ftpd sshd", "s*", "ALL EXCEPT ftpd", "21", "ftpd@192.0.0.1"});
    const std::string options =
        Pick({"", "", "", "", ": allow", ": deny", ": logit", ": severity info", ": umask 027",
              ": umask 27 : deny", ": twist no", ": spawn a : allow", ": user bin : spawn b",
              ": spawn a : logit"});
    return daemons + ": " + Clients() + options + "\n";
  }

  std::string Table() {
    std::string table;
    for (std::size_t rules = 1 + Below(6); rules > 0; --rules) table += Rule();
    if (Below(12) == 0) table.pop_back();
    return table;
  }

  std::mt19937 random_;
};

}  // namespace postern::testlib
