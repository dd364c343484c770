// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf: each dialect's fields, each malformed line, and real files where they are at hand.
#include "policy/service/inetd_parser.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace postern::policy {
namespace {

InetdFile Read(std::string_view text) { return ParseInetd(text, "inetd.conf"); }

InetdEntry One(std::string_view text) {
  InetdFile file = Read(text);
  for (const Diagnostic& finding : file.diagnostics) UNSCOPED_INFO(Render(finding));
  REQUIRE(file.entries.size() == 1);
  REQUIRE(file.held.empty());
  return file.entries.front();
}

// The code of the one error of a text that yields no entry; "CODE at LINE:COLUMN".
std::string Refused(std::string_view text) {
  const InetdFile file = Read(text);
  if (!file.entries.empty()) return "accepted";
  if (file.held.empty()) return "not held";
  for (const Diagnostic& finding : file.diagnostics) {
    if (finding.severity != Severity::kError) continue;
    return finding.code + " at " + std::to_string(finding.where.line) + ':' +
           std::to_string(finding.where.column);
  }
  return "no error";
}

std::string Code(std::string_view text) {
  const std::string refused = Refused(text);
  return refused.substr(0, refused.find(" at "));
}

bool Warns(std::string_view text, std::string_view code) {
  const InetdFile file = Read(text);
  return std::ranges::any_of(file.diagnostics, [code](const Diagnostic& finding) {
    return finding.severity == Severity::kWarning && finding.code == code;
  });
}

TEST_CASE("a plain line is read field by field (case 102)") {
  const InetdEntry entry = One("smtp stream tcp nowait mail /usr/sbin/exim exim -bs\n");
  CHECK(entry.name == "smtp");
  CHECK(entry.name_kind == InetdNameKind::kName);
  CHECK(entry.socket_type == SocketType::kStream);
  CHECK(entry.protocol == "tcp");
  CHECK(entry.family == Family::kDual);
  CHECK_FALSE(entry.wait);
  CHECK(entry.user == "mail");
  CHECK(entry.group.empty());
  CHECK(entry.program == "/usr/sbin/exim");
  CHECK(entry.arguments == std::vector<std::string>{"exim", "-bs"});
  CHECK(entry.hosts.empty());
  CHECK(entry.where == SourceLocation{"inetd.conf", 1, 1});
  CHECK(entry.user_where == SourceLocation{"inetd.conf", 1, 24});
  CHECK(entry.program_where == SourceLocation{"inetd.conf", 1, 29});
}

TEST_CASE("comments, blank lines, CRLF and a missing last line end do no harm") {
  const InetdFile file = Read(
      "# head\r\n\r\n  \t\r\n#<off># x stream tcp nowait root /bin/x\r\n"
      "a stream tcp nowait root /bin/a a\r\nb dgram udp wait root /bin/b b");
  CHECK(file.diagnostics.empty());
  REQUIRE(file.entries.size() == 2);
  CHECK(file.entries[0].arguments == std::vector<std::string>{"a"});
  CHECK(file.entries[1].wait);
  CHECK(file.entries[1].where.line == 6);
}

TEST_CASE("internal services have no program, and their arguments are kept (case 102)") {
  const InetdEntry entry = One("daytime stream tcp nowait root internal");
  CHECK(entry.internal);
  CHECK(entry.program.empty());
  CHECK(entry.arguments.empty());
  CHECK(One("auth stream tcp nowait root internal auth -r").arguments.size() == 2);
  CHECK(Code("daytime stream tcp nowait root Internal") == "bad-program");
}

TEST_CASE("without arguments argv[0] is the program's base name") {
  CHECK(One("a stream tcp nowait root /usr/bin/foo").arguments == std::vector<std::string>{"foo"});
}

TEST_CASE("a line with too few fields is held and the message points behind its end (case 103)") {
  CHECK(Refused("svc") == "missing-field at 1:4");
  CHECK(Refused("svc stream") == "missing-field at 1:11");
  CHECK(Refused("svc stream tcp") == "missing-field at 1:15");
  CHECK(Refused("svc stream tcp nowait") == "missing-field at 1:22");
  CHECK(Refused("svc stream tcp nowait root  ") == "missing-field at 1:27");
  CHECK(Refused("\n\n:") == "missing-field at 3:2");
  CHECK(Read("svc stream").held.front().name == "svc");
}

TEST_CASE("limits a minute follow a dot or a colon (case 102)") {
  CHECK(One("a stream tcp nowait.5 root /bin/a").max_per_minute == 5u);
  CHECK(One("a stream tcp nowait:40 root /bin/a").max_per_minute == 40u);
  const InetdEntry wait = One("a dgram udp wait.5 root /bin/a");
  CHECK(wait.wait);
  CHECK(wait.max_per_minute == 5u);
  CHECK(One("a stream tcp nowait.0 root /bin/a").max_per_minute == 0u);
  CHECK_FALSE(One("a stream tcp nowait root /bin/a").max_per_minute);
}

TEST_CASE("FreeBSD's limits follow slashes (case 102)") {
  const InetdEntry all = One("a stream tcp nowait/5/10/2 root /bin/a");
  CHECK(all.max_children == 5u);
  CHECK(all.max_per_source_per_minute == 10u);
  CHECK(all.max_children_per_source == 2u);
  CHECK_FALSE(all.max_per_minute);
  const InetdEntry one = One("a stream tcp nowait/5 root /bin/a");
  CHECK(one.max_children == 5u);
  CHECK_FALSE(one.max_per_source_per_minute);
}

TEST_CASE("a limit that is not understood holds the line") {
  for (const char* wait :
       {"nowait.", "nowait.x", "nowait.-1", "nowait/1/2/3/4", "nowait/", "nowait.5/2",
        "nowait.4294967296", "nowait//2", "Nowait", "no", "yes", "nowait5", "."}) {
    CAPTURE(wait);
    CHECK(Code("a stream tcp " + std::string(wait) + " root /bin/a") == "bad-wait");
  }
}

TEST_CASE("groups follow a colon or a dot, and the colon comes first (case 102)") {
  const InetdEntry dot = One("a stream tcp nowait daemon.adm /bin/a");
  CHECK(dot.user == "daemon");
  CHECK(dot.group == "adm");
  CHECK(dot.group_after_dot);
  const InetdEntry colon = One("a stream tcp nowait first.last:adm /bin/a");
  CHECK(colon.user == "first.last");
  CHECK(colon.group == "adm");
  CHECK_FALSE(colon.group_after_dot);
  for (const char* user : {":", ":adm", "daemon:", "daemon.", ".adm", "a:b:c", "/class"}) {
    CAPTURE(user);
    CHECK(Code("a stream tcp nowait " + std::string(user) + " /bin/a") == "bad-user");
  }
}

TEST_CASE("a login class is dropped with a warning") {
  const char* const line = "a stream tcp nowait daemon:adm/staff /bin/a";
  CHECK(One(line).group == "adm");
  CHECK(Warns(line, "login-class-ignored"));
  CHECK_FALSE(Warns("a stream tcp nowait daemon:adm /bin/a", "login-class-ignored"));
}

TEST_CASE("the protocol names the family (case 102)") {
  const std::pair<const char*, Family> kCases[] = {
      {"tcp", Family::kDual},         {"tcp4", Family::kIpv4},         {"tcp6", Family::kIpv6Only},
      {"tcp46", Family::kDual},       {"tcp6only", Family::kIpv6Only}, {"udp", Family::kDual},
      {"udp4", Family::kIpv4},        {"udp6", Family::kIpv6Only},     {"udp46", Family::kDual},
      {"udp6only", Family::kIpv6Only}};
  for (const auto& [protocol, family] : kCases) {
    CAPTURE(protocol);
    const std::string type = protocol[0] == 't' ? "stream" : "dgram";
    const InetdEntry entry = One("a " + type + ' ' + protocol + " wait root /bin/a");
    CHECK(entry.family == family);
    CHECK(entry.protocol == std::string(protocol, 3));
  }
}

TEST_CASE("plain tcp leaves IPv6 to a line that asks for it") {
  const InetdFile file = Read(
      "echo stream tcp nowait root internal\necho stream tcp6 nowait root internal\n"
      "time stream tcp nowait root internal\nx stream tcp46 nowait root /bin/x\n"
      "x stream tcp6 nowait root /bin/x\n");
  REQUIRE(file.entries.size() == 5);
  CHECK(file.entries[0].family == Family::kIpv4);
  CHECK(file.entries[1].family == Family::kIpv6Only);
  CHECK(file.entries[2].family == Family::kDual);
  CHECK(file.entries[3].family == Family::kDual);  // said so itself
}

TEST_CASE("plain tcp does not take over the IPv6 half of a line with an error") {
  const InetdFile file = Read("a stream tcp6 nowait root bin/a\na stream tcp nowait root /bin/a\n");
  REQUIRE(file.entries.size() == 1);
  CHECK(file.held.size() == 1);
  CHECK(file.entries[0].family == Family::kIpv4);
}

TEST_CASE("protocols that exist no more are refused with the reason") {
  CHECK(Code("a stream tcp/ttcp nowait root /bin/a") == "bad-protocol");
  CHECK(Read("a stream tcp/ttcp nowait root /bin/a").diagnostics[0].message.contains("T/TCP"));
  CHECK(Read("a stream faith/tcp6 nowait root /bin/a").diagnostics[0].message.contains("KAME"));
  CHECK(Code("a stream tcp/ nowait root /bin/a") == "bad-protocol");
  CHECK(Code("a stream ,sndbuf=1 nowait root /bin/a") == "bad-protocol");
}

TEST_CASE("a socket type must exist and suit the protocol") {
  CHECK(Code("a strem tcp nowait root /bin/a") == "bad-socket-type");
  CHECK(Read("a strem tcp nowait root /bin/a").diagnostics[0].message.contains("\"stream\"?"));
  CHECK(Code("a rdm tcp nowait root /bin/a") == "bad-socket-type");
  CHECK(Code("a stream:httpready tcp nowait root /bin/a") == "bad-socket-type");
  CHECK(Code("a stream udp nowait root /bin/a") == "socket-protocol-mismatch");
  CHECK(Code("a dgram tcp nowait root /bin/a") == "socket-protocol-mismatch");
  CHECK(One("a seqpacket sctp nowait root /bin/a").protocol == "sctp");
}

TEST_CASE("buffer sizes follow the protocol") {
  const InetdEntry entry = One("a stream tcp,sndbuf=16k,rcvbuf=1m nowait root /bin/a");
  CHECK(entry.send_buffer == 16384);
  CHECK(entry.receive_buffer == 1048576);
  CHECK(One("a stream tcp,rcvbuf=512 nowait root /bin/a").receive_buffer == 512);
  for (const char* option :
       {"sndbuf", "sndbuf=", "sndbuf=0", "sndbuf=k", "sndbuf=1g", "sndbuf=2048m", "sendbuf=1", "",
        "sndbuf=-1", "sndbuf=1k,", "sndbuf=1 k"}) {
    CAPTURE(option);
    CHECK(Code("a stream tcp," + std::string(option) + " nowait root /bin/a") != "accepted");
  }
}

TEST_CASE("numeric ports are ports (case 102)") {
  const InetdEntry entry = One("20040 stream tcp nowait root /bin/a");
  CHECK(entry.name_kind == InetdNameKind::kPort);
  CHECK(entry.port == 20040);
  CHECK(Code("0 stream tcp nowait root /bin/a") == "bad-port");
  CHECK(Code("65536 stream tcp nowait root /bin/a") == "bad-port");
}

TEST_CASE("an address prefix says where to listen (case 102)") {
  const InetdEntry one = One("127.0.0.1:8080 stream tcp nowait root /bin/a");
  REQUIRE(one.hosts.size() == 1);
  CHECK(one.hosts[0].address == IpAddress::Parse("127.0.0.1"));
  CHECK(one.port == 8080);
  const InetdEntry more = One("[::1],localhost,10.0.0.1:smtp stream tcp nowait root /bin/a");
  REQUIRE(more.hosts.size() == 3);
  CHECK(more.hosts[0].address == IpAddress::Parse("::1"));
  CHECK(more.hosts[0].text == "::1");
  CHECK(more.hosts[1].text == "localhost");
  CHECK_FALSE(more.hosts[1].address);
  CHECK(more.name == "smtp");
  CHECK(One("*:smtp stream tcp nowait root /bin/a").hosts.empty());
}

TEST_CASE("a prefix that is not understood holds the line") {
  for (const char* name :
       {"999.1.1.1:smtp", "127.1:smtp", "::1:smtp", "[::1:smtp", "[1.2:smtp", ",:smtp",
        "*,127.0.0.1:smtp", "a b:smtp", "127.0.0.1,:smtp", "ho!st:smtp"}) {
    CAPTURE(name);
    CHECK(Code(std::string(name) + " stream tcp nowait root /bin/a") != "accepted");
  }
  CHECK(Code("[::1] stream tcp nowait root /bin/a") == "bad-service-name");
  CHECK(Code("127.0.0.1: stream tcp nowait root /bin/a") == "bad-service-name");
}

TEST_CASE("an address of the other family is an error, not a wildcard") {
  CHECK(Code("127.0.0.1:smtp stream tcp6 nowait root /bin/a") == "listen-family-mismatch");
  CHECK(Code("[::1]:smtp stream tcp4 nowait root /bin/a") == "listen-family-mismatch");
  CHECK(One("[::1]:smtp stream tcp6 nowait root /bin/a").hosts.size() == 1);
}

TEST_CASE("a line with an address alone holds for the lines below it (case 102)") {
  const InetdFile file = Read(
      "127.0.0.1:\na stream tcp nowait root /bin/a\n10.0.0.1:b stream tcp nowait root /bin/b\n"
      "*:c stream tcp nowait root /bin/c\n/run/d stream unix nowait root /bin/d\n"
      "*:\ne stream tcp nowait root /bin/e\n");
  REQUIRE(file.entries.size() == 5);
  CHECK(file.diagnostics.empty());
  CHECK(file.entries[0].hosts.at(0).text == "127.0.0.1");
  CHECK(file.entries[1].hosts.at(0).text == "10.0.0.1");
  CHECK(file.entries[2].hosts.empty());
  CHECK(file.entries[3].hosts.empty());
  CHECK(file.entries[4].hosts.empty());
}

TEST_CASE("below an address line with an error nothing listens everywhere") {
  const InetdFile file = Read(
      "127.0.0.999:\na stream tcp nowait root /bin/a\n10.0.0.1:b stream tcp nowait root /bin/b\n"
      "*:\nc stream tcp nowait root /bin/c\n");
  REQUIRE(file.held.size() == 1);
  CHECK(file.held[0].name == "a");
  CHECK(file.entries.size() == 2);
}

TEST_CASE("unix sockets are paths, in FreeBSD's form with owner and mode") {
  const InetdEntry plain = One("/run/s.sock stream unix nowait root /bin/a");
  CHECK(plain.name_kind == InetdNameKind::kUnixPath);
  CHECK(plain.family == Family::kUnix);
  CHECK(plain.name == "/run/s.sock");
  CHECK_FALSE(plain.unix_socket.mode);
  const InetdEntry owned = One(":daemon:adm:660:/run/s.sock stream unix nowait root /bin/a");
  CHECK(owned.unix_socket.user == "daemon");
  CHECK(owned.unix_socket.group == "adm");
  CHECK(owned.unix_socket.mode == 0660u);
  CHECK(owned.name == "/run/s.sock");
  CHECK_FALSE(One("::::/run/s stream unix nowait root /bin/a").unix_socket.mode);
  CHECK(Code(":daemon:adm:999:/run/s stream unix nowait root /bin/a") == "bad-unix-mode");
  CHECK(Code(":daemon:adm:1777:/run/s stream unix nowait root /bin/a") == "bad-unix-mode");
  CHECK(Code(":daemon:/run/s stream unix nowait root /bin/a") == "bad-unix-path");
  CHECK(Code("/run/s stream tcp nowait root /bin/a") == "unix-mismatch");
  CHECK(Code("smtp stream unix nowait root /bin/a") == "unix-mismatch");
  CHECK(Code('/' + std::string(107, 'x') + " stream unix nowait root /bin/a") == "bad-unix-path");
}

TEST_CASE("rpc services carry their versions") {
  const InetdEntry entry = One("rstatd/1-3 dgram rpc/udp wait root /bin/a");
  REQUIRE(entry.rpc);
  CHECK(entry.name == "rstatd");
  CHECK(entry.rpc->low == 1);
  CHECK(entry.rpc->high == 3);
  CHECK(entry.protocol == "udp");
  CHECK(One("x/2 stream rpc/tcp nowait root /bin/a").rpc->high == 2);
  for (const char* line :
       {"x dgram rpc/udp wait root /bin/a", "x/1 dgram udp wait root /bin/a",
        "x/3-1 dgram rpc/udp wait root /bin/a", "x/ dgram rpc/udp wait root /bin/a",
        "x/1- dgram rpc/udp wait root /bin/a"}) {
    CAPTURE(line);
    CHECK(Code(line) == "bad-rpc-version");
  }
}

TEST_CASE("tcpmux services are started by name") {
  CHECK(One("tcpmux/m1 stream tcp nowait root /bin/a").name_kind == InetdNameKind::kTcpmux);
  const InetdEntry plus = One("tcpmux/+m1 stream tcp nowait root /bin/a");
  CHECK(plus.name_kind == InetdNameKind::kTcpmuxPlus);
  CHECK(plus.name == "m1");
  CHECK(One("tcpmux stream tcp nowait root internal").name_kind == InetdNameKind::kName);
  CHECK(Code("tcpmux/ stream tcp nowait root /bin/a") == "bad-service-name");
  CHECK(Code("tcpmux/m1 stream tcp wait root /bin/a") == "bad-tcpmux");
  CHECK(Code("tcpmux/m1 dgram udp nowait root /bin/a") == "bad-tcpmux");
  CHECK(Code("127.0.0.1:tcpmux/m1 stream tcp nowait root /bin/a") == "bad-tcpmux");
}

TEST_CASE("quotes group arguments, and an open one holds the line") {
  const InetdEntry entry =
      One("a stream tcp nowait root /bin/sh sh -c 'echo \"x  y\"' a\"b c\"d \"\"");
  CHECK(entry.arguments == std::vector<std::string>{"sh", "-c", "echo \"x  y\"", "ab cd", ""});
  CHECK(Refused("a stream tcp nowait root /bin/sh sh don't") == "unbalanced-quote at 1:40");
}

TEST_CASE("an indented line continues the one before it") {
  const InetdEntry entry = One("a stream tcp nowait root /bin/a a\n\t-x -y\n  -z\n");
  CHECK(entry.arguments == std::vector<std::string>{"a", "-x", "-y", "-z"});
  CHECK(One("a stream tcp\n  nowait root\n  /bin/a a").user_where ==
        SourceLocation{"inetd.conf", 2, 10});
}

TEST_CASE("an indented line that is an entry stays one, with a warning") {
  const char* const text =
      "a stream tcp nowait root /bin/a a\n  b stream tcp nowait root /bin/b b\n";
  CHECK(Read(text).entries.size() == 2);
  CHECK(Warns(text, "indented-entry"));
  CHECK(One("  b stream tcp nowait root /bin/b b").name == "b");
}

TEST_CASE("IPsec lines and trailing comments are warned about") {
  CHECK(Warns("#@ ipsec esp/require\n", "ipsec-ignored"));
  CHECK_FALSE(Warns("# @ not a policy\n", "ipsec-ignored"));
  const char* const line = "a stream tcp nowait root /bin/a a # note\n";
  CHECK(Warns(line, "no-trailing-comments"));
  CHECK(One(line).arguments.size() == 3);
}

TEST_CASE("NetBSD's other syntax is refused by name, without a rain of errors") {
  const InetdFile file = Read(
      "telnet on protocol = tcp,\n  user = root,\nexec = /bin/x;\n"
      "a stream tcp nowait root /bin/a\n.include \"/etc/inetd/*\"\n");
  CHECK(file.entries.size() == 1);
  REQUIRE(file.diagnostics.size() == 2);
  CHECK(file.diagnostics[0].code == "netbsd-key-values");
  CHECK(file.diagnostics[0].message.contains("NetBSD"));
  CHECK(file.diagnostics[1].code == "netbsd-include");
  CHECK(file.held.size() == 2);
}

TEST_CASE("binary and endless lines are errors with a place") {
  using namespace std::string_literals;
  CHECK(Refused("a stream tcp nowait root /bin/a\0x"s) == "control-character at 1:32");
  CHECK(Refused("# \0"s) == "control-character at 1:3");
  CHECK(Refused("a\x1b[31m stream tcp nowait root /bin/a") == "control-character at 1:2");
  CHECK(Refused("a stream tcp nowait root /bin/a " + std::string(20'000, 'x')) ==
        "line-too-long at 1:1");
  std::string many = "a stream tcp nowait root /bin/a";
  for (int i = 0; i < 2000; ++i) many += " x";
  CHECK(Code(many) == "too-many-words");
  CHECK(Code("a stream tcp nowait root /bin/a\n \x01") == "control-character");
}

TEST_CASE("findings are bounded, and what is not read is not served") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "junk\n";
  text += "a stream tcp nowait root /bin/a\n";
  const InetdFile file = Read(text);
  CHECK(file.diagnostics.size() == 1000);
  CHECK(file.diagnostics.back().code == "too-many-findings");
  CHECK(file.entries.empty());
}

TEST_CASE("a program is an absolute path") {
  CHECK(Code("a stream tcp nowait root bin/a") == "bad-program");
  CHECK(Code("a stream tcp nowait root ./a") == "bad-program");
}

TEST_CASE("every field with an error is reported in one run") {
  const InetdFile file = Read("a! strem tcp nowait.x :g bin/a");
  CHECK(file.diagnostics.size() == 5);
  CHECK(file.held.size() == 1);
}

TEST_CASE("no damage to a file makes the reader fail") {
  const std::string good =
      "127.0.0.1:\n[::1],*:a stream tcp46,sndbuf=1k nowait/1/2/3 u.g/c /bin/a 'a b' \"c\"\n"
      ":u:g:600:/run/x stream unix wait:3 u:g /bin/b\n\t-c\nt/1-2 dgram rpc/udp wait r internal\n"
      "x on y;\ntcpmux/+z stream tcp nowait r /bin/z\n#@ p\n";
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (unsigned edits = random() % 4 + 1; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0)
        text.erase(at, random() % 9 + 1);
      else
        text.insert(at, 1, ":.,/[]'\"\n\t *-#"[random() % 14]);
      if (text.empty()) break;
    }
    const InetdFile file = Read(text);
    for (const InetdEntry& entry : file.entries) {
      REQUIRE_FALSE(entry.name.empty());
      REQUIRE_FALSE(entry.user.empty());
      REQUIRE((entry.internal || entry.program.starts_with('/')));
      REQUIRE((entry.internal || !entry.arguments.empty()));
    }
    if (!file.held.empty()) REQUIRE(HasErrors(file.diagnostics));
  }
}

TEST_CASE("real files of many systems are read, and only foreign formats are held") {
  const std::filesystem::path folder =
      std::filesystem::path(POSTERN_SOURCE_DIR) / "../shared/realconf/inetd";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    const std::string text = content.str();
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    const InetdFile file = Read(text);
    const bool foreign = name.contains("rlinetd") || name.contains("upstart");
    if (!foreign && !file.diagnostics.empty()) UNSCOPED_INFO(Render(file.diagnostics.front()));
    CHECK(file.held.empty() == !foreign);
    CHECK((!foreign || file.entries.empty()));
  }
}

}  // namespace
}  // namespace postern::policy
