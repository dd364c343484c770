// SPDX-License-Identifier: BSD-2-Clause
// Lines to rules: fields, lists, tokens.
#include "policy/hosts/hosts_parser.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

namespace postern::policy::hosts {
namespace {

Table Parse(std::string_view content, Which which = Which::kAllow) {
  return ParseTable(which, "t", content, [](const std::string& path) {
    return std::make_shared<const PatternFile>(PatternFile{path, {}, {}});
  });
}

Rule ParseOne(std::string_view line) {
  Table table = Parse(std::string(line) + "\n");
  REQUIRE(table.rules.size() == 1);
  return std::move(table.rules.front());
}

template <typename Token>
std::string Words(const List<Token>& list) {
  std::string words;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) words += "EXCEPT ";
    for (const Token& token : list[i]) words += token.text + " ";
  }
  return words;
}

TEST_CASE("a rule has daemons, clients and maybe options") {
  const Rule rule = ParseOne("ftpd, sshd:\t10. .example.org");
  CHECK(Words(rule.daemons) == "ftpd sshd ");
  CHECK(Words(rule.clients) == "10. .example.org ");
  CHECK_FALSE(rule.options);
  CHECK(ParseOne("a:b:allow").options->end == OptionProgram::End::kAllow);
  CHECK(ParseOne("a:b:").options->end == OptionProgram::End::kError);
  CHECK(ParseOne("a:b:allow:deny").options->end == OptionProgram::End::kError);
}

TEST_CASE("colons inside brackets are no separators, and brackets that do not pair hide the rest") {
  CHECK(Words(ParseOne("a: [2001:db8::]/32 b: allow").clients) == "[2001:db8::]/32 b ");
  CHECK_FALSE(ParseOne("a: [::1 b: allow").options);
  CHECK_FALSE(ParseOne("a: ::1] b").options->actions.size() > 0);
  CHECK(Parse("[a: b\n").rules.empty());
  CHECK(Parse("a]: b\n").rules.empty());
}

TEST_CASE("lists are cut at commas and blanks, and EXCEPT starts a segment") {
  CHECK(Words(ParseOne("a,\t b ,,c:x").daemons) == "a b c ");
  CHECK(Words(ParseOne("a Except b EXCEPT c d:x").daemons) == "a EXCEPT b EXCEPT c d ");
  CHECK(Words(ParseOne("EXCEPT a:x EXCEPT").daemons) == "EXCEPT a ");
  CHECK(ParseOne("a:x EXCEPT").clients.size() == 2);
  CHECK(ParseOne(":").daemons.size() == 1);
  CHECK(ParseOne(":").daemons.front().empty());
  CHECK(Words(ParseOne("EXCEPTx:y").daemons) == "EXCEPTx ");
  CHECK(Words(ParseOne("a\vb:y").daemons) == "a\vb ");
}

TEST_CASE("daemons are names, patterns or ports, and may name the host that was called") {
  const auto daemon = [](const char* text) {
    return ParseOne(std::string(text) + ": x").daemons.front().front();
  };
  CHECK(std::get<std::uint16_t>(daemon("22").daemon) == 22);
  CHECK(std::get<std::uint16_t>(daemon("4294967318").daemon) == 22);
  CHECK(std::get<TextPattern>(daemon("65536").daemon).text == "65536");
  CHECK(std::get<TextPattern>(daemon("22x").daemon).text == "22x");
  CHECK(std::get<std::uint16_t>(daemon("22@10.").daemon) == 22);
  CHECK(daemon("ftpd@10.").server->text == "10.");
  CHECK_FALSE(daemon("@x").server);
  CHECK_FALSE(daemon("b[a@x]").server);
  CHECK(daemon("[a@x]").server->text == "x]");
}

TEST_CASE("clients may name a user") {
  const auto client = [](const char* text) {
    return ParseOne("a: " + std::string(text)).clients.front().front();
  };
  CHECK(client("carol@10.").user->text == "carol");
  CHECK(client("carol@10.").host.text == "10.");
  CHECK_FALSE(client("@group").user);
  CHECK(std::holds_alternative<Netgroup>(client("bob@@group").host.meaning));
  CHECK(client("carol@").host.text.empty());
  CHECK_FALSE(client("[::1]").user);
}

TEST_CASE("comments start in the first column, blank lines hold blanks") {
  CHECK(Parse("# a: b\n\n \t\r\n#\n").rules.empty());
  CHECK(Words(ParseOne("  # ftpd: x").daemons) == "# ftpd ");
  CHECK(Words(ParseOne("a: x # y").clients) == "x # y ");
  CHECK(Parse("# a \\\nftpd: ALL\n").rules.empty());
  CHECK(Parse("\v\na: b\n").rules.size() == 1);
}

TEST_CASE("a line without a colon is skipped, a table that breaks off keeps what was before") {
  CHECK(Parse("a b\nc: d\n").rules.size() == 1);
  const Table table = Parse("a: b\nc: d");
  CHECK(table.rules.size() == 1);
  CHECK(table.end == Table::End::kAbandoned);
  CHECK(table.end_where.line == 2);
  CHECK(Parse("a: b\n" + std::string(3000, 'x') + "\nc: d\n").rules.size() == 1);
  CHECK(Parse("a: b\nc: d\n").end == Table::End::kComplete);
}

TEST_CASE("rules know their lines, and tokens their columns") {
  const Table table = Parse("# c\na: \\\n b\n");
  REQUIRE(table.rules.size() == 1);
  CHECK(table.rules[0].where == SourceLocation{"t", 2, 1});
  CHECK(table.rules[0].last_line == 3);
  CHECK(table.rules[0].text == "a:  b");
  CHECK(table.rules[0].clients[0][0].column == 5);
}

// A table of `parts`, in rules of at most a thousand.
std::string TableOf(std::size_t parts) {
  std::string text;
  for (; parts > 0;) {
    const std::size_t rule = parts <= 1003 ? parts : 1000;  // itself, a daemon, and clients
    text += "a:";
    for (std::size_t i = 2; i < rule; ++i) text += "b ";
    text += '\n';
    parts -= rule;
  }
  return text;
}

TEST_CASE("a table of too many parts is as one that cannot be read, and the line is named") {
  const std::string full = TableOf(kMaxTableParts);
  CHECK(Parse(full).end == Table::End::kComplete);
  for (const Which which : {Which::kAllow, Which::kDeny}) {
    const Table table = Parse("# mine\n" + full + "\n  c\na: b\n", which);
    CHECK(table.end == Table::End::kUnreadable);
    CHECK(table.which == which);
    CHECK(table.path == "t");
    CHECK(table.rules.empty());
    REQUIRE(table.diagnostics.size() == 1);
    CHECK(table.diagnostics[0].code == "table-too-large");
    CHECK(table.diagnostics[0].where.line == 1 + std::ranges::count(full, '\n') + 2);
    CHECK(table.diagnostics[0].where.column == 1);
    CHECK(table.diagnostics[0].message.contains("1048576"));
    CHECK(table.end_reason.contains("1048576"));
  }
}

TEST_CASE("rules, tokens, EXCEPTs, options and lines without a colon are the parts") {
  const std::string full = TableOf(kMaxTableParts - 4);
  for (const char* four :
       {"a b: c\n", "a: b EXCEPT\n", "a: b: nice\n", "x\nx\nx\nx\n", ":\n:\na:\n"}) {
    INFO(four);
    CHECK(Parse(full + four).end == Table::End::kComplete);
    CHECK(Parse(full + four + "x\n").end == Table::End::kUnreadable);
    CHECK(Parse(full + four + "#\n\n  \n").end == Table::End::kComplete);
  }
}

}  // namespace
}  // namespace postern::policy::hosts
