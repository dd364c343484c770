// SPDX-License-Identifier: BSD-2-Clause
// Which form a token is taken for.
#include "policy/hosts/pattern.h"

#include <catch2/catch.hpp>

namespace postern::policy::hosts {
namespace {

using Kind = TextPattern::Kind;

HostPattern Parse(std::string_view token) {
  return ParseHostPattern(token, [](const std::string& path) {
    return std::make_shared<const PatternFile>(PatternFile{path, {}, {}});
  });
}

template <typename Meaning>
const Meaning* As(const HostPattern& pattern) {
  return std::get_if<Meaning>(&pattern.meaning);
}

TEST_CASE("the forms of a text pattern are tried in the order of tcp_wrappers") {
  const std::pair<const char*, Kind> kForms[] = {
      {"a*b", Kind::kGlob},       {".a.*", Kind::kGlob},
      {"a?", Kind::kGlob},        {".example.org", Kind::kSuffix},
      {".", Kind::kSuffix},       {".a.", Kind::kSuffix},
      {"ALL", Kind::kAll},        {"all", Kind::kAll},
      {"Known", Kind::kKnown},    {"192.0.2.", Kind::kPrefix},
      {"host.", Kind::kPrefix},   {"[::1]", Kind::kIpv6},
      {"[junk]", Kind::kIpv6},    {"[", Kind::kExact},
      {"ALLx", Kind::kExact},     {"UNKNOWN", Kind::kExact},
      {"PARANOID", Kind::kExact}, {"ftpd", Kind::kExact}};
  for (const auto& [token, kind] : kForms) {
    CAPTURE(token);
    CHECK(ParseTextPattern(token).kind == kind);
    CHECK(ParseTextPattern(token).text == token);
  }
  CHECK(ParseTextPattern("[::1]").bytes);
  CHECK_FALSE(ParseTextPattern("[1.2.3.4]").bytes);
}

TEST_CASE("stars at the end of a glob that are more than one want a character") {
  CHECK(ParseTextPattern("X**").folded == "x?*");
  CHECK(ParseTextPattern("x***").folded == "x?*");
  CHECK(ParseTextPattern("**").folded == "?*");
  CHECK(ParseTextPattern("x*").folded == "x*");
  CHECK(ParseTextPattern("**x").folded == "**x");
}

TEST_CASE("host tokens have meanings of their own before they are texts") {
  CHECK(As<Netgroup>(Parse("@Trusted"))->name == "Trusted");
  CHECK((*As<std::shared_ptr<const PatternFile>>(Parse("/f/24")))->path == "/f/24");
  CHECK(As<HostPattern::Known>(Parse("known")));
  CHECK(As<HostPattern::Local>(Parse("Local")));
  CHECK(As<TextPattern>(Parse("ALL")));
  CHECK(As<TextPattern>(Parse("[a/b]")));  // the slash is inside brackets
  CHECK(As<TextPattern>(Parse("")));
}

TEST_CASE("IPv4 networks keep their host bits; masks are quads or what atoi makes of them") {
  const HostPattern pattern = Parse("192.0.2.50/24");
  const auto* net = As<Ipv4Net>(pattern);
  REQUIRE(net);
  CHECK(net->network == 0xc0000232u);
  CHECK(net->mask == 0xffffff00u);
  CHECK(As<Ipv4Net>(Parse("10.0.0.0/255.0.255.0"))->mask == 0xff00ff00u);
  CHECK(As<Ipv4Net>(Parse("0.0.0.0/0.0.0.0"))->mask == 0);
  for (const char* token : {"10.0.0.0/8x", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/24",
                            "10.0.0.0/8.0.0", "10.0.0.0/4294967304"}) {
    CAPTURE(token);
    REQUIRE(As<Ipv4Net>(Parse(token)));
    CHECK(As<Ipv4Net>(Parse(token))->mask == 0xff000000u);
  }
}

TEST_CASE("networks that are none never match") {
  for (const char* token : {"10.0.0.0/", "10.0.0.0/0", "10.0.0.0/-1", "10.0.0.0/0x8", "10.0.0.0/33",
                            "10.0.0.0/255.255.255", "10.0.0.0/255.255.255.255", "10.0.0/8",
                            "255.255.255.255/32", "2001:db8::/32", "[2001:db8::]/129",
                            "[2001:db8::]/-1", "[10.0.0.0]/8", "host/24", "]10.0.0.0/8[/8"}) {
    CAPTURE(token);
    CHECK_FALSE(As<Ipv4Net>(Parse(token)));
    CHECK_FALSE(As<Ipv6Net>(Parse(token)));
  }
}

TEST_CASE("an IPv6 length that is 0 without saying so is malformed") {
  for (const char* token : {"[::]/", "[::]/junk", "[::]/0x40", "[::]/-", "[::]/4294967296"}) {
    CAPTURE(token);
    REQUIRE(As<Ipv6Net>(Parse(token)));
    CHECK(As<Ipv6Net>(Parse(token))->malformed_length);
  }
  for (const char* token : {"[::]/0", "[::]/00", "[::]/-0", "[::]/64junk", "[fe80::%lo]/64"}) {
    CAPTURE(token);
    REQUIRE(As<Ipv6Net>(Parse(token)));
    CHECK_FALSE(As<Ipv6Net>(Parse(token))->malformed_length);
  }
}

TEST_CASE("only tokens of digits, dots and slashes are kept from names") {
  CHECK_FALSE(Parse("192.0.2.50").compares_name);
  CHECK_FALSE(Parse(".2.50").compares_name);
  CHECK_FALSE(Parse("10.0.0.0/8").compares_name);
  CHECK(Parse("10.*").compares_name);
  CHECK(Parse("[::1]").compares_name);
  CHECK(Parse("UNKNOWN").compares_name);
}

TEST_CASE("a sign inside brackets is not found, nor behind brackets that do not pair") {
  CHECK(FindOutsideBrackets("a:b", ':') == 1);
  CHECK(FindOutsideBrackets("[a:b]:c", ':') == 5);
  CHECK(FindOutsideBrackets("[a:b", ':') == std::string_view::npos);
  CHECK(FindOutsideBrackets("a]:b", ':') == std::string_view::npos);
  CHECK(FindOutsideBrackets("][:", ':') == 2);
  CHECK(FindOutsideBrackets("[a@b", '@', 1) == 2);
}

TEST_CASE("an address that names an interface is one only where there is that interface") {
  const auto parse = [](const char* token, Presence presence) {
    return ParseHostPattern(
        token, [](const std::string&) { return std::make_shared<const PatternFile>(); },
        [=](const std::string& name) { return name == "eth0" ? presence : Presence::kPresent; });
  };
  const auto here = parse("[fe80::%eth0]/10", Presence::kPresent);
  REQUIRE(As<Ipv6Net>(here));
  CHECK_FALSE(As<Ipv6Net>(here)->doubtful());
  CHECK(As<NeverMatches>(parse("[fe80::%eth0]/10", Presence::kAbsent)));
  const auto untold = parse("[fe80::%eth0]/10", Presence::kUntold);
  REQUIRE(As<Ipv6Net>(untold));
  CHECK(As<Ipv6Net>(untold)->doubtful());
  CHECK(As<Ipv6Net>(Parse("[fe80::%eth0]/10"))->doubtful());
  CHECK_FALSE(As<Ipv6Net>(Parse("[fe80::%2]/10"))->doubtful());

  CHECK(As<TextPattern>(parse("[fe80::1%eth0]", Presence::kPresent))->bytes);
  CHECK_FALSE(As<TextPattern>(parse("[fe80::1%eth0]", Presence::kAbsent))->bytes);
  const auto doubtful = parse("[fe80::1%eth0]", Presence::kUntold);
  REQUIRE(As<Ipv6Net>(doubtful));
  CHECK(As<Ipv6Net>(doubtful)->doubtful());
  CHECK(As<Ipv6Net>(doubtful)->length == 128);
}

}  // namespace
}  // namespace postern::policy::hosts
