// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf as xinetd.conf: what is loaded from the one is what is loaded from the other.
#include "policy/service/xinetd_form.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "policy/service/conf_lexer.h"
#include "policy/service/service_text.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

std::string Text(const std::string& inetd) {
  return ToXinetdForm(inetd, "i.conf", FakeSystem(), "/usr/sbin").text;
}

std::string Codes(const XinetdForm& form) {
  std::string codes;
  for (const Diagnostic& finding : form.diagnostics) {
    codes += (codes.empty() ? "" : " ") + finding.code;
  }
  return codes;
}

// Each service by its id, without the place it was written at.
std::map<std::string, std::string> Described(const Configuration& loaded,
                                             const std::set<std::uint32_t>& without = {}) {
  std::map<std::string, std::string> services;
  for (const auto& spec : loaded.services) {
    if (without.contains(spec->where.line)) continue;
    std::string text = DescribeService(*spec);
    const std::size_t at = text.find("\tWritten in");
    text.erase(at, text.find('\n', at) - at);
    services[spec->id] = text;
  }
  return services;
}

// Everything but the lines that were left out is the same.
void CheckRoundTrip(const std::string& inetd) {
  const XinetdForm form = ToXinetdForm(inetd, "i.conf", FakeSystem(), "/usr/sbin");
  INFO(inetd << "-----\n" << form.text);
  std::set<std::uint32_t> left_out;
  for (const Diagnostic& finding : form.diagnostics) {
    if (finding.code == "no-xinetd-form") left_out.insert(finding.where.line);
  }
  const auto converted = Described(LoadXinetd(form.text));
  const auto direct = Described(LoadBoth("", inetd), left_out);
  // A line that is left out gets in nobody's way any more.
  if (left_out.empty()) CHECK(converted.size() == direct.size());
  for (const auto& [id, text] : direct) CHECK((converted.contains(id) && converted.at(id) == text));
}

TEST_CASE("each kind of line loads as it did") {
  for (const char* line : {
           "ftp stream tcp nowait root /bin/ftpd ftpd -l -a",
           "ftp stream tcp nowait root /bin/ftpd",
           "echo stream tcp nowait root internal",
           "echo dgram udp wait root internal",
           "7777 stream tcp nowait daemon /bin/x x",
           "127.0.0.1:7777 stream tcp nowait daemon /bin/x x",
           "127.0.0.1,127.0.0.2:7777 stream tcp nowait daemon /bin/x x",
           "[::1]:7777 stream tcp6 nowait daemon /bin/x x",
           "7777 stream tcp4 nowait lp:adm /bin/x y",
           "7777 stream tcp6 nowait lp.adm /bin/x y",
           "7777 stream tcp46 nowait first.last /bin/x y",
           "7777 stream tcp nowait/5/20/2 root /bin/x y",
           "7777 stream tcp nowait/0 root /bin/x y",
           "tftp dgram udp wait root /bin/x in.tftpd -s /srv # not a comment",
           "tcpmux stream tcp nowait root internal",
           "tcpmux/+finger stream tcp nowait root /bin/x x",
           "tcpmux/finger stream tcp nowait root /bin/x x",
           "7777 stream tcp nowait root /bin/x \"a\"'b'",
       }) {
    CheckRoundTrip(std::string(line) + "\n");
    CHECK_FALSE(Described(LoadXinetd(Text(std::string(line) + "\n"))).empty());
  }
}

TEST_CASE("random files load as they did") {
  std::mt19937 random(11);
  const auto pick = [&random](std::initializer_list<const char*> words) {
    return std::string(*(words.begin() + random() % words.size()));
  };
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 6; ++i) {
      text += pick({"", "", "", "127.0.0.1:", "*:", "#", " ", "[::1]:"}) +
              pick({"ftp", "echo", "time", "7001", "7002", "finger", "nosuch", "tcpmux/x"}) + " " +
              pick({"stream", "stream", "dgram"}) + "\t" +
              pick({"tcp", "tcp", "udp", "tcp6", "tcp4"}) + " " +
              pick({"nowait", "wait", "nowait.9", "nowait/3", "wait:2", "nowait/2/3"}) + " " +
              pick({"root", "lp", "mail:adm", "first.last", "nouser"}) + " " +
              pick({"/bin/a", "internal", "/bin/b c d", "/bin/c \"x y\"", "/bin/d d #e", ""}) +
              pick({"\n", "\n", "\n\tmore\n", "\r\n"});
    }
    CheckRoundTrip(text);
  }
}

TEST_CASE("whatever bytes the words are made of, the lines load as they did") {
  std::mt19937 random(12);
  const std::string bytes = "ab/.:#{}=+-\"'\\%$,*@ []\t\xc3\xa9\x1b\x7f";
  const auto word = [&](std::size_t longest) {
    std::string text;
    for (std::size_t n = random() % (longest + 1); n > 0; --n)
      text += bytes[random() % bytes.size()];
    return text;
  };
  const auto maybe = [&](const std::string& usual) { return random() % 4 == 0 ? word(4) : usual; };
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (int i = 0; i < 2; ++i) {
      text += maybe("") + maybe(random() % 2 == 0 ? "7001" : "ftp") + maybe("") + " stream " +
              "tcp" + maybe("") + " nowait" + maybe("") + " " + maybe("root") + " /" +
              maybe("bin/a") + " " + word(8) + " " + word(20) + "\n";
    }
    CheckRoundTrip(text);
  }
}

TEST_CASE("the longest lines load as they did, and one that is longer does not") {
  for (const std::size_t size : {std::size_t{100}, kMaxLineBytes - 100, kMaxLineBytes - 14,
                                 kMaxLineBytes - 13, kMaxLineBytes, 2 * kMaxLineBytes}) {
    INFO(size);
    CheckRoundTrip("7777 stream tcp nowait root /bin/x " + std::string(size, 'y') + "\n");
  }
}

TEST_CASE("a tcpd line asks the access files under the same name, without tcpd") {
  for (const char* started : {"in.ftpd", "/usr/sbin/in.ftpd"}) {
    const Configuration loaded = LoadXinetd(
        Text("ftp stream tcp nowait root /usr/sbin/tcpd " + std::string(started) + " -l\n"));
    REQUIRE(loaded.services.size() == 1);
    const ServiceSpec& spec = *loaded.services[0];
    CHECK(spec.program.path == "/usr/sbin/in.ftpd");
    CHECK(spec.program.argv == std::vector<std::string>{"in.ftpd", "-l"});
    CHECK_FALSE(spec.no_libwrap);
    CHECK(spec.libwrap_name == "in.ftpd");
  }
}

TEST_CASE("a tcpd line whose name no server has stays, and says so") {
  const std::string line = "ftp stream tcp nowait root /usr/sbin/tcpd local/ftpd -l\n";
  const XinetdForm form = ToXinetdForm(line, "i.conf", FakeSystem(), "/usr/sbin");
  CHECK(Codes(form) == "kept-tcpd");
  const Configuration loaded = LoadXinetd(form.text);
  REQUIRE(loaded.services.size() == 1);
  CHECK(loaded.services[0]->program.path == "/usr/sbin/tcpd");
  CHECK(loaded.services[0]->no_libwrap);
}

TEST_CASE("what xinetd.conf cannot say is left out, not weakened") {
  for (const char* line :
       {"ftp stream tcp nowait.9 root /bin/a a", "ftp stream tcp,rcvbuf=9k nowait root /bin/a a",
        "/run/s stream unix nowait root /bin/a a", "ftp stream tcp nowait root /bin/a a 'b c'",
        "ftp stream tcp nowait root /bin/a a ''", "rstatd/1 dgram rpc/udp wait root /bin/a a"}) {
    INFO(line);
    const XinetdForm form =
        ToXinetdForm(std::string(line) + "\n", "i.conf", FakeSystem(), "/usr/sbin");
    CHECK(Codes(form) == "no-xinetd-form");
    CHECK_FALSE(form.text.contains("service "));
    CHECK(form.text.contains("# not converted: "));
  }
}

TEST_CASE("comments stay, lines in error become comments, and nothing else gets through") {
  CHECK(Text("# a\tb\n\nftp stream\n") ==
        "# a b\n\n# ftp stream\n# not converted: the line has an error\n");
  CHECK(Text("# \x1b[2J\xff\n") == "# \\x1b[2J\\xff\n");
  CHECK(Text("") == "");
}

}  // namespace
}  // namespace postern::policy
