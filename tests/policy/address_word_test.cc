// SPDX-License-Identifier: BSD-2-Clause
// Address words: each form, each deliberate refusal, and where the message points.
#include "policy/address/address_word.h"

#include <catch2/catch.hpp>

namespace postern::policy {
namespace {

const SourceLocation kWhere{"test.conf", 7, 20};

std::optional<std::uint32_t> Networks(const std::string& name) {
  if (name == "loopback") return 0x7f000000;
  if (name == "office") return 0xc0a80700;
  if (name == "default") return 0;
  return std::nullopt;
}

Result<AddressWord> Parse(std::string_view text) {
  return ParseAddressWord(text, kWhere, Networks);
}

std::string Blocks(std::string_view text) {
  const auto word = Parse(text);
  if (!word) return "error: " + word.error().code;
  if (word->kind == AddressWordKind::kHost) return "host " + word->name;
  if (word->kind == AddressWordKind::kDomain) return "domain " + word->name;
  std::string blocks;
  for (const CidrBlock& block : word->blocks)
    blocks += (blocks.empty() ? "" : " ") + block.ToString();
  return blocks;
}

TEST_CASE("trailing zero octets are wildcards (case 32)") {
  CHECK(Blocks("127.1.0.0") == "127.1.0.0/16");
  CHECK(Blocks("10.0.0.0") == "10.0.0.0/8");
  CHECK(Blocks("10.0.5.0") == "10.0.5.0/24");
  CHECK(Blocks("10.0.0.5") == "10.0.0.5/32");
  CHECK(Blocks("0.0.0.5") == "0.0.0.5/32");
  CHECK(Blocks("0.0.0.0") == "0.0.0.0/0");
  CHECK(Blocks("24.0.0.0") == "24.0.0.0/8");
}

TEST_CASE("explicit masks are exact (case 32)") {
  CHECK(Blocks("127.0.0.0/30") == "127.0.0.0/30");
  CHECK(Blocks("0.0.0.0/0") == "0.0.0.0/0");
  CHECK(Blocks("::/0") == "::/0");
  CHECK(Blocks("10.0.0.0/32") == "10.0.0.0/32");
}

TEST_CASE("IPv6 words are exact unless they carry a length (case 34)") {
  CHECK(Blocks("::") == "::/128");
  CHECK(Blocks("::1") == "::1/128");
  CHECK(Blocks("::1/127") == "::/127");
  CHECK(Blocks("::1/128") == "::1/128");
  CHECK(Blocks("2001:db8::/32") == "2001:db8::/32");
  CHECK(Blocks("::1/129") == "error: bad-prefix-length");
  CHECK(Blocks("2001:db8::/255.255.0.0") == "error: bad-prefix-length");
}

TEST_CASE("factorized addresses make one block each (case 35)") {
  CHECK(Blocks("127.{0,1}") == "127.0.0.0/16 127.1.0.0/16");
  CHECK(Blocks("127.0.0.{1,9}") == "127.0.0.1/32 127.0.0.9/32");
  CHECK(Blocks("127.1.{2}") == "127.1.2.0/24");
  CHECK(Blocks("{10,11}") == "10.0.0.0/8 11.0.0.0/8");
  CHECK(Blocks("10.0.0.{0,0}") == "10.0.0.0/32 10.0.0.0/32");
}

TEST_CASE("malformed factorized addresses are errors (case 35)") {
  for (const char* text : {"127.0.{1,,2}",
                           "127.{0,1}.2.3",
                           "127.0.0.{1,256}",
                           "127..0.{1}",
                           "127.{}",
                           "127.{1,}",
                           "127.{,1}",
                           "1.2.3.4.{5}",
                           "127{1}",
                           "a.{1}",
                           "127.{1",
                           "127.1}",
                           "{{1}}",
                           "127.{1}}",
                           "}",
                           "{",
                           "256.{1}",
                           "127.{01}",
                           "127.{1}{2}",
                           "1.2.3.4{",
                           "127.{1 ,2}"}) {
    CAPTURE(text);
    CHECK(Blocks(text) == "error: bad-factorized-address");
  }
}

TEST_CASE("inet_aton's short, octal and hexadecimal forms are refused with the fix (case 36)") {
  for (const char* text :
       {"127.1", "10", "127", "0x7f.0.0.1", "0x7f000001", "010.0.0.1", "1.2.3", "1.2.3.4.5",
        "256.1.1.1", "1.2.3.0x4", "10.", "10.*", "192.168.1.", "foo.1", "10.0.0.1-10.0.0.9"}) {
    CAPTURE(text);
    CHECK(Blocks(text) == "error: bad-ipv4-address");
  }
  CHECK(Parse("127.1").error().fix == "write 127.0.0.1, or 127.1.0.0/16 if the network is meant");
  CHECK(Parse("010.0.0.1").error().message.contains("xinetd reads it as 8.0.0.1"));
  CHECK(Parse("0x7f000001").error().fix == "write 127.0.0.1");
  CHECK(Parse("192.168.1.").error().fix == "write 192.168.1.0/24");
  CHECK(Parse("10.*").error().fix == "write 10.0.0.0/8");
  CHECK(Parse("10/8").error().fix == "write 0.0.0.10/8, or 10.0.0.0/8 if the network is meant");
}

TEST_CASE("dotted netmasks are read, and must be contiguous (case 37)") {
  CHECK(Blocks("127.0.0.1/255.255.255.0") == "127.0.0.0/24");
  CHECK(Blocks("10.0.0.0/255.0.0.0") == "10.0.0.0/8");
  CHECK(Blocks("10.0.0.0/0.0.0.0") == "0.0.0.0/0");
  CHECK(Blocks("10.0.0.1/255.255.255.255") == "10.0.0.1/32");
  CHECK(Blocks("10.0.0.0/255.0.255.0") == "error: bad-netmask");
  CHECK(Blocks("10.0.0.0/0.0.0.255") == "error: bad-netmask");
  CHECK(Blocks("10.0.0.0/255.255.255") == "error: bad-netmask");
}

TEST_CASE("a prefix length out of range is an error that points at it (case 37)") {
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8x",
                           "10.0.0.0/4294967304", "10.0.0.0/8/8", "::/", "::/0x20"}) {
    CAPTURE(text);
    CHECK(Blocks(text) == "error: bad-prefix-length");
  }
  CHECK(Parse("10.0.0.0/33").error().where.column == 29);
  CHECK(Parse("10.0.0.0/33").error().where.line == 7);
}

TEST_CASE("a comma is an error that shows the words it should have been (case 38)") {
  const auto word = Parse("127.0.0.1,127.0.0.2");
  REQUIRE_FALSE(word);
  CHECK(word.error().code == "comma-in-address");
  CHECK(word.error().fix == "write 127.0.0.1 127.0.0.2");
  CHECK(word.error().where.column == 29);
}

TEST_CASE("a host name stays a name, whether it exists or not (cases 33, 39)") {
  CHECK(Blocks("localhost") == "host localhost");
  CHECK(Blocks("no.such.host.invalid") == "host no.such.host.invalid");
  CHECK(Blocks("Good.Example.COM") == "host good.example.com");
  CHECK(Blocks("example.com.") == "host example.com");
  CHECK(Blocks("my_host") == "host my_host");
}

TEST_CASE("a leading dot makes a domain (case 45)") {
  CHECK(Blocks(".Example.com") == "domain example.com");
  CHECK(Blocks(".com") == "domain com");
  CHECK(Blocks(".") == "error: bad-host-name");
  CHECK(Blocks("..com") == "error: bad-host-name");
  CHECK(Blocks(".1.2") == "error: bad-ipv4-address");
}

TEST_CASE("what is neither address nor name is an error, never dropped (case 39)") {
  for (const char* text : {"a..b", "-a", "a-", "a.-b", "a!b", "@staff", "*.example.com", "*", "a b",
                           "caf\xc3\xa9", "a\nb", "foo.1."}) {
    CAPTURE(text);
    CHECK(Blocks(text).starts_with("error: bad-"));
  }
  CHECK(Parse("*.example.com").error().fix == "write .example.com");
  CHECK(Blocks(std::string(64, 'a')) == "error: bad-host-name");
  CHECK(Blocks(std::string(63, 'a')) == "host " + std::string(63, 'a'));
  CHECK(Blocks(std::string(2000, '1')) == "error: bad-address-word");
  CHECK(Blocks("") == "error: bad-address-word");
  CHECK(Blocks("localhost/8") == "error: bad-address-word");
  CHECK(Blocks("ALL") == "error: hosts-access-word");
  CHECK(Blocks("all") == "host all");
}

TEST_CASE("IPv6 near misses say what to write") {
  CHECK(Parse("[::1]").error().fix == "remove [ and ]");
  CHECK(Parse("fe80::1%eth0").error().fix == "write fe80::1");
  CHECK(Blocks("fe80::1%eth0/64") == "error: bad-ipv6-address");
  CHECK(Blocks("1:2:3") == "error: bad-ipv6-address");
  CHECK(Blocks("127.0.0.1:80") == "error: bad-ipv6-address");
}

TEST_CASE("the mapped form is the IPv4 block it maps (case 41)") {
  CHECK(Blocks("::ffff:127.0.0.0/104") == "127.0.0.0/8");
  CHECK(Blocks("::ffff:0:0/96") == "0.0.0.0/0");
  CHECK(Blocks("::ffff:10.0.0.0") == "10.0.0.0/32");
  CHECK(Blocks("::ffff:10.0.0.0/128") == "10.0.0.0/32");
  CHECK(Blocks("::ffff:0:0/90") == "::ffc0:0:0/90");
  CHECK(Blocks("::ffff:0:0/0") == "::/0");
}

TEST_CASE("a name of /etc/networks is its network, by trailing zero octets") {
  CHECK(Blocks("loopback") == "127.0.0.0/8");
  CHECK(Blocks("office") == "192.168.7.0/24");
  CHECK(Blocks("default") == "error: network-is-everything");
  CHECK(ParseAddressWord("loopback", kWhere, {})->kind == AddressWordKind::kHost);
}

TEST_CASE("host bits under an explicit prefix are accepted and noted") {
  CHECK(Parse("10.0.0.1/8")->lint == "host bits are set: 10.0.0.1/8 means 10.0.0.0/8");
  CHECK(Parse("10.0.0.0/8")->lint.empty());
  CHECK(Parse("2001:db8::1/32")->lint.contains("2001:db8::/32"));
  CHECK(Parse("10.0.0.1")->lint.empty());
}

TEST_CASE("a word remembers its text and its place") {
  const auto word = Parse("10.0.0.1/8");
  CHECK(word->text == "10.0.0.1/8");
  CHECK(word->where == kWhere);
}

}  // namespace
}  // namespace postern::policy
