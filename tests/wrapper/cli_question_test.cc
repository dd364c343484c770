// SPDX-License-Identifier: BSD-2-Clause
#include <catch2/catch.hpp>

#include "wrapper/cli/question.h"

namespace postern::cli {
namespace {

int Minutes(std::string_view text) {
  const auto time = ParseTime(text);
  return time ? time->value : -1;
}

std::string Mistake(std::string_view key, std::string_view value) {
  Question question;
  const auto set = SetField(question, key, value);
  return set ? "none" : set.error();
}

TEST_CASE("A time is HH:MM or what ISO 8601 writes") {
  CHECK(Minutes("00:00") == 0);
  CHECK(Minutes("08:30") == 510);
  CHECK(Minutes("8:30") == 510);
  CHECK(Minutes("23:59") == 1439);
  for (const char* text : {"2026-11-23T08:30", "2026-11-23 08:30", "2026-11-23T08:30:59",
                           "2026-11-23T08:30:59.125", "2026-11-23T08:30Z", "2026-11-23T08:30:00Z",
                           "2026-11-23T08:30:00+01:00", "2026-11-23T08:30-0930"}) {
    CHECK(Minutes(text) == 510);
  }
}

TEST_CASE("What is no time is refused") {
  for (const char* text : {"",
                           "8",
                           "830",
                           "24:00",
                           "08:60",
                           "08:3",
                           "008:30",
                           "08:300",
                           "-8:30",
                           "08:30:00",
                           "08:30Z",
                           "8.30",
                           ":30",
                           "08:",
                           "2026-13-23T08:30",
                           "2026-00-23T08:30",
                           "2026-11-32T08:30",
                           "2026-11-00T08:30",
                           "26-11-23T08:30",
                           "2026-11-23",
                           "2026-11-23T",
                           "2026-11-23T8:30",
                           "2026-11-23X08:30",
                           "2026-11-23T08:30:",
                           "2026-11-23T08:30:61",
                           "2026-11-23T08:30:00.",
                           "2026-11-23T08:30+1",
                           "2026-11-23T08:30+24:00",
                           "2026-11-23T08:30 UTC"}) {
    CAPTURE(text);
    CHECK(Minutes(text) == -1);
  }
}

TEST_CASE("Every key sets its own field") {
  Question question;
  for (const Field& field : Fields()) {
    const std::string key = field.key;
    const bool address = key.ends_with("_addr");
    const char* value = address                ? "2001:db8::1"
                        : key == "server_port" ? "65535"
                        : key == "at"          ? "00:07"
                                               : "x";
    CHECK(SetField(question, key, value));
  }
  CHECK(question.daemon == "x");
  CHECK(question.service == "x");
  CHECK(question.client_name == "x");
  CHECK(question.user == "x");
  CHECK(question.server_name == "x");
  CHECK(question.client_addr == "2001:db8::1");
  CHECK(question.server_addr == "2001:db8::1");
  CHECK(question.proxy_addr == "2001:db8::1");
  CHECK(question.server_port == 65535);
  CHECK(question.at->value == 7);
}

TEST_CASE("A value that is none is refused with its key") {
  CHECK(Mistake("client_addr", "300.1.1.1") == "client_addr: \"300.1.1.1\" is not an address");
  CHECK(Mistake("client_addr", "10.1") == "client_addr: \"10.1\" is not an address");
  CHECK(Mistake("server_addr", "[::1]") == "server_addr: \"[::1]\" is not an address");
  CHECK(Mistake("server_port", "65536") == "server_port: \"65536\" is not a port number");
  CHECK(Mistake("server_port", "-1") == "server_port: \"-1\" is not a port number");
  CHECK(Mistake("at", "noon") == "at: \"noon\" is not a time: HH:MM or 2026-01-31T08:30");
  CHECK(Mistake("client_address", "::1") == "unknown key \"client_address\"");
  CHECK(Mistake("at", "\x1b[2J").find('\x1b') == std::string::npos);
}

TEST_CASE("An address may be unknown, mapped, or have a zone") {
  const auto peer = [](std::string_view value) {
    Question question;
    REQUIRE(SetField(question, "client_addr", value));
    const auto address = question.Peer();
    return address ? address->ToString() : "unknown";
  };
  CHECK(peer("unknown") == "unknown");
  CHECK(peer("") == "unknown");
  CHECK(peer("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(peer("fe80::5%lo") == "fe80::5");
  CHECK_FALSE(Question{}.Peer());
}

}  // namespace
}  // namespace postern::cli
