// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "wrapper/cli/batch.h"

namespace postern::cli {
namespace {

std::string Mistake(std::string_view line) {
  const auto question = ReadQuestion(line);
  return question ? "none" : question.error();
}

TEST_CASE("A line is one flat object, its keys in any order") {
  const auto question = ReadQuestion(
      R"( {"user":"u","client_addr":"192.0.2.1","server_port":22,"daemon":"sshd","at":"08:30"} )");
  REQUIRE(question);
  CHECK(question->daemon == "sshd");
  CHECK(question->user == "u");
  CHECK(question->client_addr == "192.0.2.1");
  CHECK(question->server_port == 22);
  CHECK(question->at->value == 510);
  CHECK_FALSE(question->service);
  CHECK(ReadQuestion("{}"));
}

TEST_CASE("A key that is null is not given") {
  const auto question = ReadQuestion(R"({"user":null,"server_port":null,"at":null})");
  REQUIRE(question);
  CHECK_FALSE(question->user);
  CHECK_FALSE(question->server_port);
  CHECK_FALSE(question->at);
}

TEST_CASE("A text may hold any character JSON can write") {
  CHECK(ReadQuestion(R"({"user":"a\"\\\u00e9\n"})")->user == "a\"\\\xc3\xa9\n");
}

TEST_CASE("What is no question says what is wrong") {
  CHECK(Mistake("").starts_with("not JSON"));
  CHECK(Mistake("{").starts_with("not JSON"));
  CHECK(Mistake("{}{}").starts_with("not JSON"));
  CHECK(Mistake("{\"user\":\"\xff\"}").starts_with("not JSON"));
  for (const char* line : {"[]", "7", "-7", "1.5", "true", "null", "\"x\""}) {
    CHECK(Mistake(line) == "not a JSON object");
  }
  CHECK(Mistake(R"({"demon":"x"})") == "demon: is not a known key");
  CHECK(Mistake(R"({"user":"x","user":"x"})") == "user: is there twice");
  CHECK(Mistake(R"({"user":1})") == "user: is a number, not a text");
  CHECK(Mistake(R"({"user":true})") == "user: is not a text");
  CHECK(Mistake(R"({"user":[]})") == "user: is a list, not a text");
  CHECK(Mistake(R"({"user":{}})") == "user: is an object, not a text");
  CHECK(Mistake(R"({"server_port":-1})") == "server_port: is out of range");
  CHECK(Mistake(R"({"server_port":2.5})") == "server_port: is not a whole number");
  CHECK(Mistake(R"({"server_port":65536})") == "server_port: \"65536\" is not a port number");
  CHECK(Mistake(std::string(70000, ' ')) == "the line is too long");
}

TEST_CASE("An answer is one JSON object in printable ASCII") {
  const policy::SourceLocation where{"a\"\x1b\xff", 7, 1};
  CHECK(AnswerJson({.allowed = true, .reason = "r", .rule = nullptr}) ==
        R"({"verdict":"allow","reason":"r","rule":null})");
  CHECK(AnswerJson({.allowed = false, .reason = "r\n", .rule = &where}) ==
        R"({"verdict":"deny","reason":"r\n","rule":{"file":"a\"\u001b\ufffd","line":7}})");
}

}  // namespace
}  // namespace postern::cli
