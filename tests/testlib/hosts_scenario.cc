// SPDX-License-Identifier: BSD-2-Clause
#include "tests/testlib/hosts_scenario.h"

#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "policy/hosts/explain.h"

namespace postern::testlib {
namespace {

using policy::hosts::Allow;
using policy::hosts::Deny;
using policy::hosts::Fact;
using policy::hosts::HostsPolicy;
using policy::hosts::Need;
using policy::hosts::Needed;
using policy::hosts::NeedFact;
using policy::hosts::Request;
using policy::hosts::Verdict;

// Choices out of bytes.
class Chooser {
 public:
  explicit Chooser(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::size_t Below(std::size_t bound) {
    if (at_ >= bytes_.size()) return 0;
    return bytes_[at_++] % bound;
  }
  bool Once(std::size_t in) { return Below(in) == 1; }
  template <std::size_t N>
  std::string From(const char* const (&words)[N]) {
    return words[Below(N)];
  }
  bool Exhausted() const { return at_ >= bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

constexpr const char* kAddresses[] = {"192.0.2.50", "192.0.2.5",   "10.1.2.3", "10.1.2.200",
                                      "172.16.0.1", "2001:db8::7", "fe80::5",  "::ffff:10.1.2.3",
                                      "unknown",    "2001:db8::8"};
constexpr const char* kNames[] = {
    "alpha.lab.example.org", "beta.example.org", "gamma", "unknown", "paranoid", "10.1.2.3"};
constexpr const char* kUsers[] = {"carol", "dave", "unknown"};
constexpr const char* kDaemons[] = {"ftpd", "sshd", "in.ftpd", "smtpd", "unknown"};
constexpr const char* kDaemonWords[] = {"ftpd", "sshd", "SSHD", "in.ftpd", "ALL",
                                        "ftp*", "22",   "in.",  ".ftpd",   "KNOWN"};
// What a ClientIndex holds.
constexpr const char* kPlain[] = {"192.0.2.50",
                                  "192.0.2.",
                                  "10.",
                                  "10.1.2.0/24",
                                  "10.1.2.3/24",
                                  "10.0.0.0/8",
                                  "192.0.2.48/29",
                                  "10.0.0.3/255.0.0.255",
                                  "0.0.0.0/0.0.0.0",
                                  "[2001:db8::]/32",
                                  "[2001:db8::7]",
                                  "[fe80::]/junk",
                                  ".example.org",
                                  ".lab.example.org",
                                  "beta.",
                                  "beta.example.org",
                                  "gamma",
                                  "UNKNOWN",
                                  "PARANOID",
                                  ".2.50",
                                  "[2001:db8::]/127",
                                  "172.16.0.0/12",
                                  "192.0.2.50/32",
                                  "10.1.2.3"};
constexpr const char* kOther[] = {"ALL",     "KNOWN",      "LOCAL",  "*.example.org", "10.1.*",
                                  "/list",   "/missing",   "@group", "carol@ALL",     "KNOWN@10.",
                                  "a?pha.*", "dave@gamma", "/loop",  "@other"};
constexpr const char* kEnds[] = {": allow", ": deny", ": twist echo no", ": nonsense",
                                 ": severity info"};

std::string Client(Chooser& choose) {
  // Rules that concern nobody make the tables long.
  if (choose.Once(2)) return "203.0.113." + std::to_string(choose.Below(256));
  return choose.Once(6) ? choose.From(kOther) : choose.From(kPlain);
}

std::string Daemon(Chooser& choose) {
  const std::string word = choose.From(kDaemonWords);
  return choose.Once(10) ? word + "@" + Client(choose) : word;
}

std::string ListOf(Chooser& choose, std::string (*token)(Chooser&)) {
  std::string list = token(choose);
  while (choose.Once(3)) list += " " + token(choose);
  while (choose.Once(8)) list += " EXCEPT " + token(choose);
  return list;
}

std::string Table(Chooser& choose) {
  std::string text;
  // Few daemons have many rules each, which are indexed.
  const std::size_t variety = choose.Once(2) ? 2 : std::size(kDaemonWords);
  for (std::size_t rules = choose.Below(60); rules > 0 && !choose.Exhausted(); --rules) {
    text += choose.Once(4) ? ListOf(choose, Daemon) : kDaemonWords[choose.Below(variety)];
    text += ": " + ListOf(choose, Client);
    if (choose.Once(8)) text += choose.From(kEnds);
    text += "\n";
  }
  if (choose.Once(12)) text += "ALL: ALL";
  return text;
}

std::string Describe(const Verdict& verdict) {
  if (const auto* need = std::get_if<NeedFact>(&verdict)) {
    return "need " + std::to_string(static_cast<int>(need->need.what));
  }
  const auto* allow = std::get_if<Allow>(&verdict);
  const auto* deny = std::get_if<Deny>(&verdict);
  const auto reason = allow ? allow->reason : deny->reason;
  const policy::hosts::Rule* rule = allow ? allow->rule : deny->rule;
  return (allow ? "allow, " : "deny, ") + std::string(ReasonText(reason)) +
         (rule ? ", " + rule->where.file + ":" + std::to_string(rule->where.line) : "");
}

Verdict Ask(const HostsPolicy& policy, const Request& request, bool indexed) {
  return indexed ? Evaluate(policy, request) : Explain(policy, request).verdict;
}

std::string FactName(const Need& need) {
  return std::to_string(static_cast<int>(need.what)) + " " + need.group + " " + need.host;
}

void Give(const Request& all, const Need& need, Request& request) {
  switch (need.what) {
    case Needed::kClientName:
      request.client.name = all.client.name;
      return;
    case Needed::kServerName:
      request.server.name = all.server.name;
      return;
    case Needed::kUser:
      request.user = all.user;
      return;
    case Needed::kNetgroup:
      const auto found = all.netgroups.find({need.group, need.host});
      request.netgroups[{need.group, need.host}] = found != all.netgroups.end() && found->second;
      return;
  }
}

struct Converged {
  std::string verdict;
  std::set<std::string> asked;
};

Converged Converge(const HostsPolicy& policy, const Request& all, bool indexed) {
  Request request = all;
  request.client.name = request.server.name = request.user = Fact::NotAsked();
  request.netgroups.clear();
  Converged result;
  while (true) {
    const Verdict verdict = Ask(policy, request, indexed);
    const auto* need = std::get_if<NeedFact>(&verdict);
    if (!need) {
      result.verdict = Describe(verdict);
      return result;
    }
    if (!result.asked.insert(FactName(need->need)).second) {
      result.verdict = "asked twice for " + FactName(need->need);
      return result;
    }
    Give(all, need->need, request);
  }
}

}  // namespace

std::shared_ptr<const HostsPolicy> CompileHosts(const HostsFiles& files) {
  return HostsPolicy::Compile({"allow", "deny"}, [&files](const std::string& path) {
    policy::hosts::SourceFile source;
    if (const auto found = files.find(path); found != files.end()) {
      source.state = policy::hosts::SourceFile::State::kRead;
      source.content = found->second;
    }
    return source;
  });
}

HostsScenario MakeHostsScenario(std::span<const std::uint8_t> bytes) {
  Chooser choose(bytes);
  HostsScenario scenario;
  Request& request = scenario.request;
  request.daemon = Fact::Known(choose.From(kDaemons));
  request.client.address = Fact::Known(choose.From(kAddresses));
  request.client.name = Fact::Known(choose.From(kNames));
  request.user = Fact::Known(choose.From(kUsers));
  request.server.address = Fact::Known(choose.From(kAddresses));
  request.server.name = Fact::Known(choose.From(kNames));
  if (choose.Once(2)) request.server.port = 22;
  const bool member = choose.Once(2);
  for (const policy::hosts::Host* host : {&request.client, &request.server}) {
    request.netgroups[{"group", host->name.text()}] = member;
    request.netgroups[{"other", host->name.text()}] = !member;
  }
  scenario.files["/list"] = "10.1.2.0/24 .lab.example.org /missing\n";
  scenario.files["/loop"] = "172.16.0.1 /loop";
  scenario.files["allow"] = Table(choose);
  scenario.files["deny"] = Table(choose);
  return scenario;
}

std::string IndexComplaint(const HostsScenario& scenario) {
  const auto policy = CompileHosts(scenario.files);
  const std::string indexed = Describe(Ask(*policy, scenario.request, true));
  const std::string explained = Describe(Ask(*policy, scenario.request, false));
  if (indexed != explained) return indexed + " but explained as " + explained;
  const Converged fast = Converge(*policy, scenario.request, true);
  const Converged slow = Converge(*policy, scenario.request, false);
  if (fast.verdict != indexed) return indexed + ", facts on demand: " + fast.verdict;
  if (slow.verdict != indexed) return indexed + ", explained on demand: " + slow.verdict;
  for (const std::string& fact : fast.asked) {
    if (!slow.asked.contains(fact)) return "asks needlessly for " + fact;
  }
  return {};
}

}  // namespace postern::testlib
