// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "wrapper/cli/expectations.h"

namespace postern::cli {
namespace {

Expectation One(std::string_view line) {
  const ExpectationFile file = ParseExpectations("f", line);
  CAPTURE(line);
  CHECK(file.problems.empty());
  REQUIRE(file.expectations.size() == 1);
  return file.expectations.front();
}

std::string Problem(std::string_view line) {
  const ExpectationFile file = ParseExpectations("f", line);
  CAPTURE(line);
  CHECK(file.expectations.empty());
  REQUIRE(file.problems.size() == 1);
  return file.problems.front();
}

std::string Block(std::string_view text) {
  const auto block = ParseBlock(text);
  return block ? block->ToString() : block.error();
}

TEST_CASE("A line names a verdict, a service and a client") {
  const Expectation allow = One("allow sshd 192.0.2.1");
  CHECK(allow.allow);
  CHECK(allow.subject == "sshd");
  CHECK(allow.question.client_addr == "192.0.2.1");
  CHECK_FALSE(allow.range);
  CHECK_FALSE(allow.question.daemon);
  CHECK_FALSE(allow.question.service);
  CHECK_FALSE(One("deny sshd 2001:db8::1").allow);
  CHECK_FALSE(One("deny sshd unknown").question.client_addr);
}

TEST_CASE("Keys tell what else is known") {
  const Expectation one =
      One("deny telnet 192.0.2.1 name=a.test user=bob at=08:30 server_port=23 server_name=s "
          "proxy_addr=10.0.0.1 "
          "server_addr=::1");
  CHECK(one.question.client_name == "a.test");
  CHECK(one.question.user == "bob");
  CHECK(one.question.at->value == 510);
  CHECK(one.question.server_port == 23);
  CHECK(one.question.server_name == "s");
  CHECK(one.question.server_addr == "::1");
  CHECK(one.question.proxy_addr == "10.0.0.1");
  CHECK(One("deny x ::1 client_name=b").question.client_name == "b");
}

TEST_CASE("A range is a block or all that is outside it") {
  const Expectation inside = One("allow sshd from 10.0.0.0/8 user=bob");
  CHECK(inside.range->block.ToString() == "10.0.0.0/8");
  CHECK_FALSE(inside.range->outside);
  CHECK(inside.question.user == "bob");
  const Expectation outside = One("deny telnet from !2001:db8::/32");
  CHECK(outside.range->block.ToString() == "2001:db8::/32");
  CHECK(outside.range->outside);
}

TEST_CASE("Blocks are read strictly") {
  CHECK(Block("10.0.0.0/8") == "10.0.0.0/8");
  CHECK(Block("10.0.0.1") == "10.0.0.1/32");
  CHECK(Block("0.0.0.0/0") == "0.0.0.0/0");
  CHECK(Block("::/0") == "::/0");
  CHECK(Block("2001:db8::1") == "2001:db8::1/128");
  CHECK(Block("::ffff:10.0.0.0/104") == "10.0.0.0/8");
  CHECK(Block("10.0.0.1/8") == "\"10.0.0.1/8\" has host bits set: 10.0.0.0/8");
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8x", "::/129",
                           "::ffff:10.0.0.0/95", "10.0.0.0/255.0.0.0"}) {
    CHECK(Block(text) == "\"" + std::string(text) + "\": the prefix length is wrong");
  }
  for (const char* text : {"", "/8", "10.", "10.0.0/8", "x"}) {
    CHECK(Block(text) == "\"" + std::string(text) + "\" is not a block of addresses");
  }
}

TEST_CASE("Comments and blank lines say nothing, and lines keep their numbers") {
  const ExpectationFile file = ParseExpectations(
      "f", "# all\n\n \t\nallow a ::1 # with a reason\r\n  deny b ::2 user=x#y\nallow c ::3");
  CHECK(file.problems.empty());
  REQUIRE(file.expectations.size() == 3);
  CHECK(file.expectations[0].where.line == 4);
  CHECK(file.expectations[0].text == "allow a ::1");
  CHECK(file.expectations[1].where.line == 5);
  CHECK(file.expectations[1].question.user == "x#y");
  CHECK(file.expectations[2].where.line == 6);
  CHECK(ParseExpectations("f", "# nothing\n").expectations.empty());
}

TEST_CASE("What is no expectation is told with file and line") {
  CHECK(Problem("permit a ::1") == "f:1: \"permit\" is neither allow nor deny");
  CHECK(Problem("\n\nallow a") == "f:3: allow|deny SERVICE CLIENT: a word is missing");
  CHECK(Problem("allow a from") == "f:1: a block of addresses is missing behind \"from\"");
  CHECK(Problem("allow a from x") == "f:1: \"x\" is not a block of addresses");
  CHECK(Problem("allow a host.test").starts_with("f:1: \"host.test\" is not an address"));
  CHECK(Problem("allow a ::1 at=25:00").starts_with("f:1: at: \"25:00\" is not a time"));
  CHECK(Problem("allow a ::1 name=x client_name=y") ==
        "f:1: \"client_name=y\" gives the same a second time");
  for (const char* word : {"name", "bogus=1", "daemon=x", "service=x", "client_addr=::1", "=x"}) {
    CHECK(Problem("allow a ::1 " + std::string(word)).find("is not name=") != std::string::npos);
  }
  CHECK(Problem("\x1b[2J a ::1").find('\x1b') == std::string::npos);
}

TEST_CASE("One bad line does not hide another") {
  const ExpectationFile file = ParseExpectations("f", "bad\nallow a ::1\nworse\n");
  CHECK(file.expectations.size() == 1);
  CHECK(file.problems.size() == 2);
}

TEST_CASE("A file of nothing but bad lines is given up") {
  std::string content;
  for (int i = 0; i < 100000; ++i) content += "x\n";
  const ExpectationFile file = ParseExpectations("f", content);
  REQUIRE(file.problems.size() == 101);
  CHECK(file.problems.back() == "f: the rest is not read");
}

}  // namespace
}  // namespace postern::cli
