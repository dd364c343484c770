// SPDX-License-Identifier: BSD-2-Clause
// The order of a service's own rules and of the hosts files, and what is not known.
#include "tests/wrapper/cli_policy.h"
#include "wrapper/cli/decide.h"

namespace postern::cli {
namespace {

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

std::string Decision(const CliPolicy& policy, Fields fields) {
  const Decider decider(policy.files(), policy.system());
  const auto answer = decider.Decide(Ask(fields));
  if (!answer) return answer.error();
  std::string text = (answer->allowed ? "allow: " : "deny: ") + answer->reason;
  if (answer->rule != nullptr) {
    text += " " + answer->rule->file + ":" + std::to_string(answer->rule->line);
  }
  return text;
}

TEST_CASE("The hosts files are asked about a daemon") {
  const CliPolicy policy(
      {.allow = "a: 10.\n", .deny = "# all\nALL: ALL\n", .xinetd = {}, .inetd = {}});
  CHECK(Decision(policy, {{"daemon", "a"}, {"client_addr", "10.0.0.1"}}) ==
        "allow: rule of hosts.allow p/hosts.allow:1");
  CHECK(Decision(policy, {{"daemon", "a"}, {"client_addr", "11.0.0.1"}}) ==
        "deny: rule of hosts.deny p/hosts.deny:2");
  CHECK(Decision(policy, {{"daemon", "a"}}) == "deny: rule of hosts.deny p/hosts.deny:2");
  CHECK(Decision(CliPolicy({}), {{"daemon", "a"}}) == "allow: no rule matches");
}

TEST_CASE("A table without its end refuses, and says where it ends") {
  const CliPolicy policy({.allow = {}, .deny = "a: 10.\nb: ALL", .xinetd = {}, .inetd = {}});
  CHECK(Decision(policy, {{"daemon", "c"}, {"client_addr", "::1"}}).find("p/hosts.deny:2") !=
        std::string::npos);
}

TEST_CASE("What is not given is unknown: no name, no user, no netgroup") {
  const CliPolicy policy({.allow = "n: UNKNOWN\nu: KNOWN@ALL\ng: @group\np: 22: deny\n22: ALL\n",
                          .deny = "ALL: ALL\n",
                          .xinetd = {},
                          .inetd = {}});
  const auto allowed = [&policy](Fields fields) {
    return Decision(policy, fields).starts_with("allow");
  };
  CHECK(allowed({{"daemon", "n"}, {"client_addr", "::1"}}));
  CHECK_FALSE(allowed({{"daemon", "n"}, {"client_addr", "::1"}, {"client_name", "a.test"}}));
  CHECK_FALSE(allowed({{"daemon", "u"}, {"client_addr", "::1"}}));
  CHECK(allowed({{"daemon", "u"}, {"client_addr", "::1"}, {"user", "bob"}}));
  CHECK_FALSE(allowed({{"daemon", "g"}, {"client_addr", "::1"}, {"client_name", "a.test"}}));
  CHECK_FALSE(allowed({{"daemon", "x"}, {"client_addr", "::1"}}));
  CHECK(allowed({{"daemon", "x"}, {"client_addr", "::1"}, {"server_port", "22"}}));
}

TEST_CASE("Rules on client certificates come last, and need one") {
  const std::string tls =
      "tls = yes\ntls_certificate = /c\ntls_private_key = /k\ntls_client_ca = /ca\n"
      "tls_verify_client = require\ntls_only_from = dns:*.a.test\ntls_no_access = cn:bob\n";
  const CliPolicy policy(
      {.allow = {}, .deny = "ALL: 192.0.2.7\n", .xinetd = policy::ServiceWith(tls), .inetd = {}});
  const auto decision = [&policy](std::string_view address, std::string_view names) {
    if (names.empty()) return Decision(policy, {{"service", "s1"}, {"client_addr", address}});
    return Decision(policy, {{"service", "s1"}, {"client_addr", address}, {"client_cert", names}});
  };
  CHECK(decision("192.0.2.1", "x.a.test").starts_with("allow"));
  CHECK(decision("192.0.2.7", "x.a.test").starts_with("deny: rule of hosts.deny"));
  CHECK(decision("192.0.2.1", "x.b.test").starts_with("deny: tls: not in tls_only_from"));
  CHECK(decision("192.0.2.1", "x.a.test,cn:bob").starts_with("deny: tls: matched tls_no_access"));
  CHECK(decision("192.0.2.1", "").starts_with("deny: tls: the client has no verified"));
}

TEST_CASE("An account that does not exist refuses whom its rule would let in") {
  const CliPolicy policy(
      {.allow = "a: ALL: user mail\nb: ALL: user nobody_q\nc: ALL: user mail.none_q\n",
       .deny = "d: ALL: user nobody_q: allow\ne: ALL: user nobody_q\n",
       .xinetd = {},
       .inetd = {}});
  CHECK(Decision(policy, {{"daemon", "a"}}) == "allow: rule of hosts.allow p/hosts.allow:1");
  CHECK(Decision(policy, {{"daemon", "b"}}) ==
        "deny: error in the options of the rule: unknown account \"nobody_q\" p/hosts.allow:2");
  CHECK(Decision(policy, {{"daemon", "c"}}).find("\"none_q\"") != std::string::npos);
  CHECK(Decision(policy, {{"daemon", "d"}}).starts_with("deny"));
  CHECK(Decision(policy, {{"daemon", "e"}}) == "deny: rule of hosts.deny p/hosts.deny:2");
}

TEST_CASE("A service's own rules come first, each with its place") {
  const CliPolicy policy(
      {.allow = {},
       .deny = "echo: 192.0.2.7\n",
       .xinetd = policy::ServiceWith("access_times = 8:00-17:00\nonly_from = 192.0.2.0/24 .a.test\n"
                                     "no_access = 192.0.2.9"),
       .inetd = {}});
  const auto decision = [&policy](std::string_view client, std::string_view at,
                                  std::string_view name = "unknown") {
    return Decision(
        policy, {{"service", "s1"}, {"client_addr", client}, {"at", at}, {"client_name", name}});
  };
  CHECK(decision("192.0.2.1", "17:00") == "allow: no rule matches");
  CHECK(decision("192.0.2.1", "17:01") == "deny: time: outside access_times p/xinetd.conf:1");
  CHECK(decision("192.0.2.7", "9:00") == "deny: rule of hosts.deny p/hosts.deny:1");
  CHECK(
      decision("192.0.2.9", "9:00").starts_with("deny: address: matched no_access p/xinetd.conf:"));
  CHECK(decision("192.0.3.1", "9:00").starts_with("deny: address: only the host name"));
  CHECK(decision("192.0.3.1", "9:00", "x.a.test") == "allow: no rule matches");
  CHECK(decision("192.0.3.1", "9:00", "paranoid").starts_with("deny: address: only the host name"));
  CHECK(decision("192.0.3.1", "9:00", "x.b.test").starts_with("deny: address: not in only_from"));
  CHECK(decision("unknown", "9:00").starts_with("deny: address: the address of the peer"));
  CHECK(Decision(policy, {{"service", "s1"}, {"client_addr", "192.0.2.1"}}) ==
        "deny: time: access_times are given, the time is not p/xinetd.conf:1");
}

TEST_CASE("The hosts files know a service by its daemon name, port and address") {
  const std::string deny =
      "echo@192.0.2.80: ALL EXCEPT 10.\n20001: 10.0.0.1\nother: ALL\nin.ftpd: 10.\n";
  const CliPolicy policy(
      {.allow = {},
       .deny = deny,
       .xinetd = policy::ServiceWith("bind = 192.0.2.80"),
       .inetd = "20099 stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.ftpd\n"});
  const auto decision = [&policy](Fields fields) { return Decision(policy, fields); };
  CHECK(decision({{"service", "s1"}, {"client_addr", "::1"}}) ==
        "deny: rule of hosts.deny p/hosts.deny:1");
  CHECK(decision({{"service", "s1"}, {"client_addr", "10.0.0.1"}}) ==
        "deny: rule of hosts.deny p/hosts.deny:2");
  CHECK(decision({{"service", "s1"}, {"client_addr", "10.0.0.1"}, {"server_port", "1"}}) ==
        "allow: no rule matches");
  CHECK(decision({{"service", "s1"}, {"client_addr", "::1"}, {"server_addr", "192.0.2.81"}}) ==
        "allow: no rule matches");
  CHECK(decision({{"service", "s1"}, {"client_addr", "::1"}, {"daemon", "other"}}) ==
        "deny: rule of hosts.deny p/hosts.deny:3");
  CHECK(decision({{"service", "20099"}, {"client_addr", "10.0.0.2"}}) ==
        "deny: rule of hosts.deny p/hosts.deny:4");
}

TEST_CASE("NOLIBWRAP leaves the hosts files out") {
  const CliPolicy policy({.allow = {},
                          .deny = "ALL: ALL\n",
                          .xinetd = policy::ServiceWith("flags = NOLIBWRAP"),
                          .inetd = {}});
  CHECK(Decision(policy, {{"service", "s1"}}) == "allow: no rule refuses");
}

TEST_CASE("Where xinetd and tcpd both ask, each may refuse") {
  const std::string service = policy::ServiceWith(
      "server = /usr/sbin/tcpd\nflags = NAMEINARGS\nserver_args = in.ftpd\nlibwrap = gate");
  const auto decision = [&service](const char* deny) {
    const CliPolicy policy({.allow = {}, .deny = deny, .xinetd = service, .inetd = {}});
    return Decision(policy, {{"service", "s1"}, {"client_addr", "::1"}});
  };
  CHECK(decision("gate: ALL\n").starts_with("deny"));
  CHECK(decision("in.ftpd: ALL\n").starts_with("deny"));
  CHECK(decision("other: ALL\n").starts_with("allow"));
}

TEST_CASE("A sensor refuses everyone") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("flags = SENSOR\ntype = INTERNAL UNLISTED"),
                          .inetd = {}});
  CHECK(Decision(policy, {{"service", "s1"}, {"client_addr", "::1"}})
            .starts_with("deny: address: the service is a sensor"));
}

TEST_CASE("A service that is none, or has an error, is no question to be answered") {
  const CliPolicy policy(
      {.allow = {}, .deny = {}, .xinetd = policy::ServiceWith("flags = NO_SUCH"), .inetd = {}});
  CHECK(Decision(policy, {{"service", "s2"}}) == "service: no service has the id \"s2\"");
  CHECK(Decision(policy, {{"service", "s1"}}) ==
        "service: service \"s1\" has an error and stays down: p/xinetd.conf:1 (postern check)");
}

TEST_CASE("A proxy that is not listed is refused before its client is looked at") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("proxy_protocol = require\n"
                                                        "proxy_from = 10.0.0.0/24\n"
                                                        "only_from = 192.0.2.7") +
                                    policy::ServiceWith("only_from = 192.0.2.7", "s2", "2"),
                          .inetd = {}});
  const auto decision = [&policy](std::string_view service, std::string_view client,
                                  std::string_view proxy) {
    return Decision(policy, {{"service", service}, {"client_addr", client}, {"proxy_addr", proxy}});
  };
  CHECK(decision("s1", "192.0.2.7", "10.0.0.9") == "allow: no rule matches");
  CHECK(decision("s1", "192.0.2.7", "10.0.1.9").starts_with("deny: proxy: not in proxy_from p/"));
  CHECK(decision("s1", "192.0.2.7", "unknown").starts_with("deny: proxy"));
  CHECK(decision("s1", "192.0.2.8", "10.0.0.9").starts_with("deny: address"));
  // Where no header is read, the client is who connects.
  CHECK(decision("s2", "192.0.2.7", "10.0.1.9") == "allow: no rule matches");
}

}  // namespace
}  // namespace postern::cli
