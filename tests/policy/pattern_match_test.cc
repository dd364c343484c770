// SPDX-License-Identifier: BSD-2-Clause
// Texts and hosts against patterns, and what is asked for when something is not known.
#include "policy/hosts/pattern_match.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace postern::policy::hosts {
namespace {

bool TextMatches(std::string_view token, std::string_view text) {
  return Matches(ParseTextPattern(token), text);
}

ClientToken Client(std::string_view host, std::optional<std::string_view> user = {}) {
  ClientToken token;
  token.host = ParseHostPattern(host, [](const std::string& path) {
    return std::make_shared<const PatternFile>(PatternFile{path, "no such file", {}});
  });
  if (user) token.user = std::make_shared<const TextPattern>(ParseTextPattern(*user));
  return token;
}

Request From(const char* address, Fact name = Fact::NotAsked()) {
  Request request;
  request.client.address = Fact::Known(address);
  request.client.name = std::move(name);
  return request;
}

Answer Ask(const ClientToken& token, const Request& request, bool malformed = false) {
  return Matcher(request).Match(token, malformed);
}

TEST_CASE("texts are compared without case, prefixes, suffixes and whole") {
  const struct {
    const char *token, *text;
    bool matches;
  } kRows[] = {
      {"FTPD", "ftpd", true},
      {"ftpd", "ftpd2", false},
      {".b.C", "a.B.c", true},
      {".b.c", "b.c", false},
      {".b.c", ".b.c", false},
      {"a.", "A.b", true},
      {"a.", "a.", true},
      {"a.", "ab", false},
      {"ALL", "x", true},
      {"KNOWN", "x", true},
      {"KNOWN", "Unknown", false},
      {"UNKNOWN", "unknown", true},
      {"[::1]", "0:0::1", true},
      {"[::1]", "::2", false},
      {"[::1]", "[::1]", false},
      {"[junk]", "[junk]", false},
      {"192.0.2.5", "192.0.2.5", true},
      {"192.0.2.05", "192.0.2.5", false},
  };
  for (const auto& row : kRows) {
    CAPTURE(row.token, row.text);
    CHECK(TextMatches(row.token, row.text) == row.matches);
  }
}

TEST_CASE("a mapped address is compared as IPv4, if it is one") {
  CHECK(TextMatches("10.", "::FFFF:10.1.2.3"));
  CHECK(TextMatches("10.1.2.3", "::ffff:10.1.2.3"));
  CHECK_FALSE(TextMatches("::ffff:10.1.2.3", "::ffff:10.1.2.3"));
  CHECK_FALSE(TextMatches("[::ffff:10.1.2.3]", "::ffff:10.1.2.3"));
  CHECK(TextMatches("[::ffff:10.1.2.3]", "::ffff:0a01:0203"));
  CHECK_FALSE(TextMatches("255.255.255.255", "::ffff:255.255.255.255"));
  CHECK(TextMatches("::ffff:x", "::ffff:x"));
}

TEST_CASE("globs have the quirk of tcp_wrappers") {
  CHECK(TextMatches("x*", "x"));
  CHECK_FALSE(TextMatches("x**", "x"));
  CHECK(TextMatches("x**", "xy"));
  CHECK(TextMatches("*b*", "abc"));
  CHECK_FALSE(TextMatches("*b", "abc"));
  CHECK(TextMatches("*.example.org", "a.b.example.org"));
  CHECK(TextMatches("a?c", "abc"));
  CHECK_FALSE(TextMatches("a?c", "ac"));
  CHECK_FALSE(TextMatches("[ab]*", "a"));
  CHECK_FALSE(TextMatches("**?**", "a"));
  CHECK(TextMatches("**?**", "ab"));
}

TEST_CASE("a glob that makes tcp_wrappers backtrack for a minute takes no time") {
  const std::string text(127, 'a');
  std::string glob;
  for (int i = 0; i < 500; ++i) glob += "*a";
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(TextMatches(glob + "*b", text));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a value longer than a fact is compared whole") {
  const std::string text(500, 'a');
  CHECK(TextMatches("a*b", text + "b"));
  CHECK_FALSE(TextMatches(std::string(127, 'a'), text));
}

TEST_CASE("facts are cut, and nothing is unknown") {
  CHECK(Fact::Known(std::string(200, 'a')).text().size() == kMaxValue);
  CHECK(Fact::Known("").text() == kUnknown);
  CHECK_FALSE(Fact::Known("").known());
  CHECK(Fact::Known("x").known());
  CHECK_FALSE(Fact::NotAsked().asked());
}

TEST_CASE("networks are compared with the address alone") {
  CHECK(Ask(Client("192.0.2.0/24"), From("192.0.2.9")) == Answer::kYes);
  CHECK(Ask(Client("192.0.2.0/24"), From("192.0.3.9")) == Answer::kNo);
  CHECK(Ask(Client("192.0.2.1/24"), From("192.0.2.1")) == Answer::kNo);
  CHECK(Ask(Client("0.0.0.0/0.0.0.0"), From("::1")) == Answer::kNo);
  CHECK(Ask(Client("[2001:db8:b::]/47"), From("2001:db8:a::7")) == Answer::kYes);
  CHECK(Ask(Client("[2001:db8:b::]/48"), From("2001:db8:a::7")) == Answer::kNo);
  CHECK(Ask(Client("[::]/0"), From("2001:db8::1")) == Answer::kYes);
  CHECK(Ask(Client("[::]/0"), From("192.0.2.1")) == Answer::kNo);
  CHECK(Ask(Client("[::]/0"), From("::ffff:192.0.2.1")) == Answer::kNo);
  CHECK(Ask(Client("[2001:db8::1]/128"), From("2001:db8::1")) == Answer::kYes);
  CHECK(Ask(Client("[2001:db8::1]/128"), From("2001:db8::2")) == Answer::kNo);
}

TEST_CASE("a malformed length says what the caller wants, about IPv6 alone") {
  CHECK(Ask(Client("[::]/junk"), From("2001:db8::1"), true) == Answer::kYes);
  CHECK(Ask(Client("[::]/junk"), From("2001:db8::1"), false) == Answer::kNo);
  CHECK(Ask(Client("[::]/junk"), From("192.0.2.1"), true) == Answer::kNo);
}

TEST_CASE("a name is asked for when the address does not decide, and then compared") {
  for (const char* token : {".example.org", "a.example.org", "*.org", "KNOWN", "LOCAL", "UNKNOWN",
                            "PARANOID", "@group"}) {
    CAPTURE(token);
    const Request request = From("192.0.2.1");
    Matcher matcher(request);
    CHECK(matcher.Match(Client(token), false) == Answer::kNeed);
    CHECK(matcher.need().what == Needed::kClientName);
  }
  for (const char* token : {"192.0.2.2", "192.0.3.", "[::1]", "10.0.0.0/8"}) {
    CAPTURE(token);
    CHECK(Ask(Client(token), From("192.0.2.1")) == Answer::kNo);
  }
  CHECK(Ask(Client("ALL"), From("192.0.2.1")) == Answer::kYes);
  CHECK(Ask(Client("192.*"), From("192.0.2.1")) == Answer::kYes);
  CHECK(Ask(Client(".org"), From("192.0.2.1", Fact::Known("a.ORG"))) == Answer::kYes);
  CHECK(Ask(Client(".2.3"), From("192.0.2.1", Fact::Known("1.2.3"))) == Answer::kNo);
}

TEST_CASE("KNOWN, LOCAL, UNKNOWN and PARANOID look at what is known") {
  const Request plain = From("192.0.2.1", Fact::Known("host"));
  const Request dotted = From("192.0.2.1", Fact::Known("host.example.org"));
  const Request nameless = From("192.0.2.1", Fact::Unknown());
  const Request mismatch = From("192.0.2.1", Fact::Known(kParanoid));
  const Request nowhere = From("unknown", Fact::Known("host"));
  const auto answers = [&](const char* token) {
    std::string text;
    for (const Request* request : {&plain, &dotted, &nameless, &mismatch, &nowhere}) {
      text += Ask(Client(token), *request) == Answer::kYes ? 'y' : 'n';
    }
    return text;
  };
  CHECK(answers("KNOWN") == "yynnn");
  CHECK(answers("LOCAL") == "ynnny");
  CHECK(answers("UNKNOWN") == "nnyny");
  CHECK(answers("PARANOID") == "nnnyn");
  CHECK(Ask(Client("KNOWN"), From("unknown")) == Answer::kNo);  // without a name being asked for
}

TEST_CASE("a user is asked for only when the host matches") {
  Request request = From("192.0.2.1");
  CHECK(Ask(Client("10.", "carol"), request) == Answer::kNo);
  Matcher matcher(request);
  CHECK(matcher.Match(Client("192.", "carol"), false) == Answer::kNeed);
  CHECK(matcher.need().what == Needed::kUser);
  request.user = Fact::Known("Carol");
  CHECK(Ask(Client("192.", "carol"), request) == Answer::kYes);
  CHECK(Ask(Client("192.", "dave"), request) == Answer::kNo);
  request.user = Fact::Unknown();
  CHECK(Ask(Client("192.", "KNOWN"), request) == Answer::kNo);
}

TEST_CASE("membership of a netgroup is asked for by group and name") {
  Request request = From("192.0.2.1", Fact::Known("Host"));
  Matcher matcher(request);
  CHECK(matcher.Match(Client("@Trusted"), false) == Answer::kNeed);
  CHECK(matcher.need().what == Needed::kNetgroup);
  CHECK(matcher.need().group == "Trusted");
  CHECK(matcher.need().host == "Host");
  request.netgroups[{"Trusted", "Host"}] = true;
  CHECK(Ask(Client("@Trusted"), request) == Answer::kYes);
  request.netgroups[{"Trusted", "Host"}] = false;
  CHECK(Ask(Client("@Trusted"), request) == Answer::kNo);
}

TEST_CASE("a file that cannot be used is told, whatever the address") {
  const Request request = From("192.0.2.1");
  const ClientToken client = Client("/missing");
  Matcher matcher(request);
  CHECK(matcher.Match(client, false) == Answer::kUnusable);
  REQUIRE(matcher.unusable());
  CHECK(matcher.unusable()->path == "/missing");
}

TEST_CASE("a daemon is a name or a port, and may be asked where it was called") {
  Request request = From("192.0.2.1");
  request.daemon = Fact::Known("ftpd");
  DaemonToken name, port;
  name.daemon = ParseTextPattern("FTPD");
  port.daemon = std::uint16_t{21};
  CHECK(Matcher(request).Match(name, false) == Answer::kYes);
  CHECK(Matcher(request).Match(port, false) == Answer::kNo);
  request.server.port = 21;
  CHECK(Matcher(request).Match(port, false) == Answer::kYes);
  name.server = std::make_shared<const HostPattern>(Client("www.example.org").host);
  Matcher matcher(request);
  CHECK(matcher.Match(name, false) == Answer::kNeed);
  CHECK(matcher.need().what == Needed::kServerName);
  request.server.name = Fact::Known("www.example.org");
  CHECK(Matcher(request).Match(name, false) == Answer::kYes);
  request.daemon = Fact::Known("sshd");
  CHECK(Matcher(request).Match(name, false) == Answer::kNo);
}

}  // namespace
}  // namespace postern::policy::hosts
