// SPDX-License-Identifier: BSD-2-Clause
#include "policy/hosts/ident_reply.h"

#include <catch2/catch.hpp>

namespace postern::policy::hosts {
namespace {

std::optional<std::string> Parse(std::string_view reply) {
  return ParseIdentReply(reply, 4711, 22);
}

TEST_CASE("a reply to our question names the user") {
  for (const char* reply :
       {"4711, 22 : USERID : UNIX, US-ASCII : bob\r\n", "4711,22:USERID:UNIX:bob\n",
        "  4711 ,\t22 : USERID :OTHER: \t bob  \r\n", "4711,22:USERID: :bob",
        "04711 , 022 : USERID : UNIX : bob two words\n"}) {
    INFO(reply);
    CHECK(Parse(reply) == "bob");
  }
  CHECK(Parse("4711, 22 : USERID : UNIX : b:o;b$(x)\x1b\r\n") == "b:o;b$(x)\x1b");
}

TEST_CASE("anything else names nobody") {
  for (const char* reply :
       {"", "\r\n", "4711, 22 : ERROR : NO-USER\r\n", "22, 4711 : USERID : UNIX : bob\r\n",
        "4711, 23 : USERID : UNIX : bob\r\n", "70247, 22 : USERID : UNIX : bob\r\n",
        "-4711, 22 : USERID : UNIX : bob\r\n", "4711  22 : USERID : UNIX : bob\r\n",
        "4711, 22 : userid : UNIX : bob\r\n", "4711, 22 : USERID :: bob\r\n",
        "4711, 22 : USERID : UNIX\r\n", "4711, 22 : USERID : UNIX :   \r\n",
        "4711, 22 USERID : UNIX : bob\r\n", "\n4711, 22 : USERID : UNIX : bob\r\n"}) {
    INFO(reply);
    CHECK_FALSE(Parse(reply).has_value());
  }
  CHECK_FALSE(Parse(std::string_view("4711, 22 : USERID : UNIX :\0 bob\n", 32)).has_value());
}

TEST_CASE("a name ends with its line, a NUL, 255 bytes and the 511th byte of the reply") {
  CHECK(Parse("4711,22:USERID:UNIX:bob\n4711,22:USERID:UNIX:eve\n") == "bob");
  CHECK(Parse(std::string_view("4711,22:USERID:UNIX:bob\0eve\n", 28)) == "bob");
  const std::string head = "4711,22:USERID:UNIX:";
  CHECK(Parse(head + std::string(300, 'x'))->size() == kMaxIdentUser);
  CHECK(Parse(head + std::string(488, ' ') + "abcdef")->size() == 3);
}

TEST_CASE("a reply is whole with its line end or at its longest") {
  CHECK(IsWholeIdentReply("x\n"));
  CHECK_FALSE(IsWholeIdentReply("x"));
  CHECK_FALSE(IsWholeIdentReply(std::string(kMaxIdentReply - 1, 'x')));
  CHECK(IsWholeIdentReply(std::string(kMaxIdentReply, 'x')));
}

TEST_CASE("the system and the whole of what it says are kept for the log") {
  const auto read =
      ReadIdentReply("4711, 22 : USERID : UNIX, US-ASCII  :  two words \r\n", 4711, 22);
  REQUIRE(read);
  CHECK(read->system == "UNIX, US-ASCII");
  CHECK(read->text == "two words");
  CHECK(read->user() == "two");
  const auto longest = ReadIdentReply(
      "4711,22:USERID:" + std::string(100, 's') + ":" + std::string(300, 'u'), 4711, 22);
  REQUIRE(longest);
  CHECK(longest->system.size() == kMaxIdentSystem);
  CHECK(longest->text.size() == kMaxIdentUser);
}

}  // namespace
}  // namespace postern::policy::hosts
