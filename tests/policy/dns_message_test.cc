// SPDX-License-Identifier: BSD-2-Clause
#include "policy/names/dns_message.h"

#include <catch2/catch.hpp>

#include "tests/testlib/dns_bytes.h"

namespace postern::policy {
namespace {

using std::chrono::seconds;
using testlib::DnsBytes;

const IpAddress kClient = *IpAddress::Parse("192.0.2.7");
const std::string kQuestion = "7.2.0.192.in-addr.arpa";

std::optional<std::vector<DnsRecord>> Parse(const DnsBytes& message) {
  return ParseDnsAnswers(message.bytes());
}

TEST_CASE("an address is asked for backwards") {
  CHECK(ReverseQuestion(kClient) == kQuestion);
  CHECK(ReverseQuestion(*IpAddress::Parse("2001:db8::1f")) ==
        "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("the first name of an address is read, with the time that it may be kept") {
  DnsBytes message;
  message.Begin(kQuestion, 12, 2).Record(kQuestion, 12, 300, DnsBytes::Name("a.example.test"));
  message.Record(kQuestion, 12, 200, DnsBytes::Name("b.example.test"));
  const DnsName name = NameIn(Parse(message).value(), "7.2.0.192.IN-ADDR.arpa");
  CHECK(name.name == "a.example.test");
  CHECK(name.lifetime == seconds(300));
}

TEST_CASE("a name is found behind aliases, and lives as long as the shortest of them") {
  const std::string delegated = "7.0-25.2.0.192.in-addr.arpa";
  DnsBytes message;
  message.Begin(kQuestion, 12, 2).Record(kQuestion, 5, 30, DnsBytes::Name(delegated));
  message.Record(delegated, 12, 300, DnsBytes::Name("a.example.test"));
  const DnsName name = NameIn(Parse(message).value(), kQuestion);
  CHECK(name.name == "a.example.test");
  CHECK(name.lifetime == seconds(30));
}

TEST_CASE("aliases in a circle lead nowhere") {
  DnsBytes message;
  message.Begin("a.test", 1, 3).Record("a.test", 5, 30, DnsBytes::Name("b.test"));
  message.Record("b.test", 5, 30, DnsBytes::Name("a.test"));
  message.Record("a.test", 1, 30, DnsBytes::Octets({192, 0, 2, 7}));
  CHECK(AddressesIn(Parse(message).value(), "a.test", DnsType::kA).addresses.empty());
}

TEST_CASE("all addresses of the name that was asked for are read, and no others") {
  DnsBytes message;
  message.Begin("a.test", 1, 5).Record("a.test", 1, 30, DnsBytes::Octets({192, 0, 2, 6}));
  message.Record("A.test", 1, 20, DnsBytes::Octets({192, 0, 2, 7}));
  message.Record("b.test", 1, 10, DnsBytes::Octets({192, 0, 2, 8}));
  message.Record("a.test", 1, 10, DnsBytes::Octets({192, 0, 2}));
  // A mapped address in an IPv6 record is no IPv4 address.
  message.Record("a.test", 28, 10,
                 DnsBytes::Octets({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9}));
  const DnsAddresses found = AddressesIn(Parse(message).value(), "a.test", DnsType::kA);
  CHECK(found.canonical_name == "a.test");
  CHECK(found.addresses == std::vector{*IpAddress::Parse("192.0.2.6"), kClient});
  CHECK(found.lifetime == seconds(20));
}

TEST_CASE("the canonical name is the one behind the aliases") {
  DnsBytes message;
  message.Begin("a.test", 28, 2).Record("a.test", 5, 30, DnsBytes::Name("b.test"));
  message.Record("b.test", 28, 30,
                 DnsBytes::Octets({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  const DnsAddresses found = AddressesIn(Parse(message).value(), "a.test", DnsType::kAaaa);
  CHECK(found.canonical_name == "b.test");
  CHECK(found.addresses == std::vector{*IpAddress::Parse("2001:db8::1")});
}

TEST_CASE("a name that is no host name is none") {
  for (const std::string& label :
       {std::string("a b"), std::string("a\nb"), std::string("a\0b", 3), std::string("a.b"),
        std::string("$(reboot)"), std::string("\xff")}) {
    INFO(label);
    DnsBytes message;
    message.Begin(kQuestion, 12, 1).Record(kQuestion, 12, 300, DnsBytes::Labels({label, "test"}));
    CHECK(NameIn(Parse(message).value(), kQuestion).name.empty());
  }
  CHECK(IsPlainHostName("_a-1.test"));
  for (const char* name : {"", ".", ".a", "a.", "a..b", "a b", "a/b"}) {
    INFO(name);
    CHECK_FALSE(IsPlainHostName(name));
  }
}

TEST_CASE("pointers lead back, and to no message without an end") {
  DnsBytes good;
  good.Begin(kQuestion, 12, 1).Record({}, 12, 300, DnsBytes::Name("a.test"), DnsBytes::Pointer(12));
  CHECK(NameIn(Parse(good).value(), kQuestion).name == "a.test");
  for (const int target : {0x3fff, 40, 200}) {  // behind the end, at itself, forward
    DnsBytes bad;
    bad.Begin(kQuestion, 12, 1);
    bad.Record({}, 12, 300, DnsBytes::Name("a.test"), DnsBytes::Pointer(target));
    CHECK_FALSE(Parse(bad).has_value());
  }
}

TEST_CASE("no part of a message is a message with an answer") {
  DnsBytes message;
  message.Begin(kQuestion, 12, 1).Record(kQuestion, 12, 300, DnsBytes::Name("a.example.test"));
  const auto whole = message.bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_FALSE(ParseDnsAnswers(whole.first(length)).has_value());
  }
}

TEST_CASE("a name of more than 253 bytes makes a message malformed") {
  const std::string label(63, 'x');
  DnsBytes message;
  message.Begin(kQuestion, 12, 1);
  message.Record(kQuestion, 12, 300, DnsBytes::Labels({label, label, label, label}));
  CHECK(NameIn(Parse(message).value(), kQuestion).name.empty());
}

}  // namespace
}  // namespace postern::policy
