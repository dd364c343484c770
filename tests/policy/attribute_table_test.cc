// SPDX-License-Identifier: BSD-2-Clause
// Every row of the table, by examples: what it accepts, what it prints, what it refuses.
#include <catch2/catch.hpp>
#include <map>

#include "policy/service/attributes.h"
#include "policy/service/conf_parser.h"
#include "policy/service/settings_reader.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

struct Example {
  std::string value;    // accepted
  std::string printed;  // its canonical form
  std::string refused;  // one value that is not accepted; empty: every word is
};

const std::map<std::string_view, Example> kExamples = {
    {"id", {"a", "a", ""}},
    {"type", {"unlisted INTERNAL", "INTERNAL UNLISTED", "SPECIAL"}},
    {"flags", {"ipv6 Reuse", "REUSE IPv6", "IPv5"}},
    {"disable", {"NO", "no", "maybe"}},
    {"socket_type", {"Dgram", "dgram", "rdm"}},
    {"protocol", {"tcp", "tcp", ""}},
    {"wait", {"yes", "yes", "1"}},
    {"port", {"65535", "65535", "65536"}},
    {"bind", {"127.0.0.1", "127.0.0.1", ""}},
    {"v6only", {"no", "no", "6"}},
    {"redirect", {"localhost smtp", "localhost smtp", ""}},
    {"redirect_proxy", {"v2", "v2", "v3"}},
    {"rpc_version", {"2-4", "2-4", "4-2"}},
    {"rpc_number", {"100017", "100017", "-1"}},
    {"user", {"mail", "mail", "4294967295"}},
    {"group", {"4294967294", "4294967294", "99999999999"}},
    {"groups", {"Yes", "yes", "all"}},
    {"server", {"/bin/echo", "/bin/echo", "bin/echo"}},
    {"server_args", {"-a \"b c\"", "-a \"b c\"", ""}},
    {"env", {"A=1 B=", "A=1 B=", "A"}},
    {"passenv", {"PATH TZ", "PATH TZ", "A=1"}},
    {"umask", {"27", "027", "0800"}},
    {"nice", {"-5", "-5", "20"}},
    {"rlimit_as", {"32M", "33554432", "0"}},
    {"rlimit_data", {"1g", "1073741824", "1T"}},
    {"rlimit_rss", {"2K", "2048", "-1"}},
    {"rlimit_stack", {"unlimited", "UNLIMITED", "99999999999999999999"}},
    {"rlimit_files", {"50", "50", "0"}},
    {"rlimit_cpu", {"7", "7", "7s"}},
    {"rlimit_nproc", {"20", "20", "2k"}},
    {"rlimit_fsize", {"0", "0", "9223372036854775807G"}},
    {"rlimit_core", {"0", "0", "none"}},
    {"rlimit_memlock", {"64k", "65536", "k"}},
    {"rlimit_locks", {"8", "8", "8k"}},
    {"rlimit_sigpending", {"unlimited", "UNLIMITED", "-1"}},
    {"rlimit_msgqueue", {"2k", "2048", "q"}},
    {"rlimit_nice", {"25", "25", "-5"}},
    {"rlimit_rtprio", {"0", "0", "high"}},
    {"rlimit_rttime", {"200000", "200000", "1s"}},
    {"only_from", {"10.0.0.0/8 localhost", "10.0.0.0/8 localhost", "10.0.0.1,10.0.0.2"}},
    {"no_access", {"::1 .example.com", "::1 .example.com", "10.0.0.0/33"}},
    {"access_precedence", {"Specific", "specific", "only_from"}},
    {"access_times", {"8:00-17:30", "8:00-17:30", "25:00-26:00"}},
    {"instances", {"unlimited", "UNLIMITED", "-1"}},
    {"per_source", {"0", "0", "ten"}},
    {"cps", {"25 30", "25 30", "25 x"}},
    {"cps_per_source", {"5 60", "5 60", "5 0"}},
    {"max_load", {"2.5", "2.5", "2.5x"}},
    {"deny_time", {"forever", "FOREVER", "0"}},
    {"libwrap", {"foo", "foo", ""}},
    {"log_type", {"syslog local3 NOTICE", "SYSLOG local3 notice", "FILE log"}},
    {"log_on_success", {"exit PID", "PID EXIT", "RECORD"}},
    {"log_on_failure", {"ATTEMPT host", "HOST ATTEMPT", "PID"}},
    {"banner", {"/etc/b", "/etc/b", ""}},
    {"banner_success", {"/etc/b", "/etc/b", ""}},
    {"banner_fail", {"/etc/b", "/etc/b", ""}},
    {"mdns", {"yes", "yes", "maybe"}},
    {"enabled", {"a B", "a B", ""}},
    {"disabled", {"a b", "a b", ""}},
    {"trailing_comments", {"refuse", "refuse", "yes"}},
    {"sandbox", {"NONE", "none", "full"}},
    {"syscalls", {"@basic-io ptrace", "@basic-io ptrace", "@"}},
    {"syscall_action", {"errno", "errno", "trap"}},
    {"namespaces", {"net user", "user net", "network"}},
    {"read_only_paths", {"/usr /etc", "/usr /etc", "usr"}},
    {"read_write_paths", {"/var", "/var", "var"}},
    {"hidden_paths", {"/home", "/home", "~"}},
    {"root", {"/srv", "/srv", "."}},
    {"private_tmp", {"yes", "yes", "2"}},
    {"private_dev", {"no", "no", "2"}},
    {"capabilities", {"NET_bind_service kill", "net_bind_service kill", "cap_kill"}},
    {"no_new_privileges", {"yes", "yes", "on"}},
    {"network", {"relay", "relay", "none"}},
    {"connect_to", {"25 587", "25 587", "0"}},
    {"isolation", {"fresh", "fresh", "new"}},
    {"zygote", {"eager", "eager", "never"}},
    {"on_missing", {"warn", "warn", "ignore"}},
    {"memory_max", {"1M", "1048576", "1%"}},
    {"tasks_max", {"9", "9", "x"}},
    {"cpu_max", {"50", "50", "50%"}},
    {"oom_score_adj", {"-1000", "-1000", "1001"}},
    {"max_lifetime", {"3600", "3600", "1h"}},
    {"idle_timeout", {"UNLIMITED", "UNLIMITED", "1m"}},
    {"tls", {"yes", "yes", "1.2"}},
    {"tls_certificate", {"/c.pem /d.pem", "/c.pem /d.pem", "c.pem"}},
    {"tls_private_key", {"/a /b", "/a /b", "a"}},
    {"tls_ocsp", {"/o.der", "/o.der", "o.der"}},
    {"tls_crl", {"/crl", "/crl", "crl"}},
    {"tls_sni", {"strict", "strict", "yes"}},
    {"tls_handshake_timeout", {"10", "10", "10s"}},
    {"tls_workers", {"08", "8", "0"}},
    {"tls_client_ca", {"/ca", "/ca", "ca"}},
    {"tls_verify_client", {"require", "require", "yes"}},
    {"tls_min_version", {"1.3", "1.3", "1.1"}},
    {"tls_alpn", {"h2", "h2", ""}},
    {"starttls", {"imap", "imap", "yes"}},
    {"starttls_required", {"no", "no", "maybe"}},
    {"tls_only_from", {"alice dns:*.x", "alice dns:*.x", "sha256:ab"}},
    {"tls_no_access", {"x", "x", "cn:"}},
    {"proxy_protocol", {"require", "require", "v2"}},
    {"proxy_from", {"10.0.0.1", "10.0.0.1", "10.0.0.0/33"}},
};

struct ReadBack {
  Settings settings;
  Diagnostics diagnostics;
  std::string first_code() const { return diagnostics.empty() ? "" : diagnostics[0].code; }
};

// Reads `lines` as one block. The settings' assignments die with it, so only values are looked at.
ReadBack ReadLines(BlockKind kind, const std::string& lines) {
  const std::string header = kind == BlockKind::kDefaults ? "defaults" : "service s";
  const ParsedConf parsed = ParseConf("f", header + "\n{\n" + lines + "\n}\n");
  ReadBack back;
  Findings findings;
  ReadSettings(std::get<Block>(parsed.file.items.at(0)), {}, FakeSystem{}, back.settings, findings);
  back.diagnostics = findings.list();
  return back;
}

std::string Line(const Attribute& row, const std::string& value, const std::string& op = "=") {
  return std::string(row.name) + " " + op + " " + value;
}

BlockKind HomeOf(const Attribute& row) {
  return row.scope == Scope::kDefaults ? BlockKind::kDefaults : BlockKind::kService;
}

}  // namespace

TEST_CASE("every attribute has an example and is documented") {
  CHECK(Attributes().size() == kExamples.size());
  for (const Attribute& row : Attributes()) {
    INFO(row.name);
    CHECK(kExamples.contains(row.name));
    CHECK(row.doc.ends_with('.'));
    CHECK_FALSE(row.values.empty());
    CHECK_FALSE(row.since.empty());
    CHECK(FindAttribute(row.name) == &row);
  }
}

TEST_CASE("every attribute reads its example and prints it canonically") {
  for (const Attribute& row : Attributes()) {
    const Example& example = kExamples.at(row.name);
    INFO(row.name);
    const ReadBack back = ReadLines(HomeOf(row), Line(row, example.value));
    REQUIRE(back.first_code().empty());
    REQUIRE(row.field.given(back.settings));
    CHECK(row.field.print(back.settings) == example.printed);
    const ReadBack again = ReadLines(HomeOf(row), Line(row, example.printed));
    REQUIRE(row.field.given(again.settings));
    CHECK(row.field.print(again.settings) == example.printed);
  }
}

TEST_CASE("every attribute refuses a wrong value and stays unset") {
  for (const Attribute& row : Attributes()) {
    const Example& example = kExamples.at(row.name);
    if (example.refused.empty()) continue;
    INFO(row.name);
    const std::string value = row.arity.least == 2 && example.refused.find(' ') == std::string::npos
                                  ? "x x"
                                  : example.refused;
    const ReadBack back = ReadLines(HomeOf(row), Line(row, value));
    REQUIRE_FALSE(back.diagnostics.empty());
    CHECK(back.diagnostics[0].severity == Severity::kError);
    CHECK(back.diagnostics[0].where.line == 3);
    CHECK(back.diagnostics[0].where.column > 1);
    CHECK_FALSE(back.diagnostics[0].source_line.empty());
    CHECK_FALSE(row.field.given(back.settings));
  }
}

TEST_CASE("every attribute is allowed exactly where its row says") {
  for (const Attribute& row : Attributes()) {
    INFO(row.name);
    const std::string line = Line(row, kExamples.at(row.name).value);
    const std::string in_service = ReadLines(BlockKind::kService, line).first_code();
    const std::string in_defaults = ReadLines(BlockKind::kDefaults, line).first_code();
    CHECK(in_service == (row.scope == Scope::kDefaults ? "only-in-defaults" : ""));
    CHECK(in_defaults == (row.scope == Scope::kService ? "not-in-defaults" : ""));
  }
}

TEST_CASE("every attribute takes exactly the operators its row says") {
  for (const Attribute& row : Attributes()) {
    INFO(row.name);
    const std::string value = kExamples.at(row.name).value;
    const std::string add = ReadLines(HomeOf(row), Line(row, value, "+=")).first_code();
    const std::string remove = ReadLines(HomeOf(row), Line(row, value, "-=")).first_code();
    CHECK(add == (row.operators == Operators::kSet ? "wrong-operator" : ""));
    CHECK(remove == (row.operators == Operators::kList ? "" : "wrong-operator"));
  }
}

TEST_CASE("a single value is said once, a list may be repeated") {
  for (const Attribute& row : Attributes()) {
    INFO(row.name);
    const std::string line = Line(row, kExamples.at(row.name).value);
    const ReadBack back = ReadLines(HomeOf(row), line + "\n" + line);
    bool repeated = false;
    for (const Diagnostic& finding : back.diagnostics) {
      repeated = repeated || finding.code == "repeated-attribute";
    }
    CHECK(repeated == (row.operators == Operators::kSet));
  }
}

TEST_CASE("a list that is added and taken away again is empty, not absent") {
  for (const Attribute& row : Attributes()) {
    if (row.operators != Operators::kList) continue;
    INFO(row.name);
    const std::string value = kExamples.at(row.name).value;
    const ReadBack back =
        ReadLines(HomeOf(row), Line(row, value, "+=") + "\n" + Line(row, value, "-="));
    REQUIRE(row.field.given(back.settings));
    CHECK(row.field.print(back.settings).empty());
  }
}

TEST_CASE("every attribute counts its words") {
  for (const Attribute& row : Attributes()) {
    INFO(row.name);
    const Example& example = kExamples.at(row.name);
    const std::string none = ReadLines(HomeOf(row), Line(row, "")).first_code();
    CHECK((none == "wrong-count") == (row.arity.least > 0));
    if (row.arity.most == kAnyCount) continue;
    const ReadBack more = ReadLines(HomeOf(row), Line(row, example.value + " x"));
    CHECK(more.first_code() == "wrong-count");
    CHECK_FALSE(row.field.given(more.settings));
  }
}

}  // namespace postern::policy
