// SPDX-License-Identifier: BSD-2-Clause
// What is no access file and no service file, and what is one with mistakes.
#include "policy/check/foreign_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "policy/hosts/hosts_parser.h"
#include "tests/testlib/fake_system.h"

namespace postern::policy::check {
namespace {

using namespace std::string_literals;

bool IsForeign(const std::string& text) {
  const auto no_file = [](const std::string& path) {
    return std::make_shared<const hosts::PatternFile>(hosts::PatternFile{path, "missing", {}});
  };
  const auto why = WhyNotHostsFile(hosts::ParseTable(hosts::Which::kDeny, "t", text, no_file));
  if (why) CHECK((why->code == "not-hosts-file" && why->where.line > 0));
  return why.has_value();
}

TEST_CASE("files of another kind are told") {
  CHECK(IsForeign("a.example.org\nb.example.org\nc.example.org\n"));
  CHECK(IsForeign("\0GITCRYPT\0\x12\x80\xff\n\x01\0\xfe"s));
  CHECK(IsForeign("U2FsdGVkX18TrSLuiOpjiH0Y4f6D5zpmUHQ7xHYMUYSCBUTUv9ER5RHTwhsssqg=\n"));
  CHECK(IsForeign("{\n\"a\": 1,\n\"b\": 2,\n\"c\": 3\n}\n"));
  CHECK(IsForeign("server {\n listen 80;\n root /srv;\n}\n"));
}

TEST_CASE("access files with mistakes are access files") {
  CHECK_FALSE(IsForeign(""));
  CHECK_FALSE(IsForeign("# nothing\n"));
  CHECK_FALSE(IsForeign("sshd: ALL\nin.ftpd: .example.org\n"));
  CHECK_FALSE(IsForeign("192.0.2.1\n192.0.2.2 # x\n192.0.2.0/24\n192.0.2.4\n"));
  CHECK_FALSE(IsForeign("sshd 192.0.2.1\n"));
  CHECK_FALSE(IsForeign("a: b\nc: d\ne: f\ng: h\nwhat is this\nand this\nand that\n"));
}

bool IsForeignService(const std::string& text, bool is_inetd) {
  FakeSystem system;
  system.files["f"] = text;
  LoadOptions load;
  (is_inetd ? load.inetd_path : load.xinetd_path) = "f";
  return WhyNotServiceFile(LoadConfiguration(load, system), "f", is_inetd).has_value();
}

TEST_CASE("service files of another kind are told, those with mistakes are not") {
  const std::string job = "description \"x\"\nexpect fork\nrespawn here\nconsole log\n";
  CHECK(IsForeignService(job, true));
  CHECK(IsForeignService(job, false));
  CHECK_FALSE(IsForeignService("", true));
  CHECK_FALSE(IsForeignService("", false));
  CHECK_FALSE(IsForeignService("ftp stream tcp nowait root /bin/ftpd\nfoo\nbar\nbaz\n", true));
  CHECK_FALSE(IsForeignService(ServiceWith("") + "foo\nbar\nbaz\n", false));
}

}  // namespace
}  // namespace postern::policy::check
