// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/plain_tlvs.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/sample_tlvs.h"

namespace postern::policy {
namespace {

using namespace std::string_literals;
using testlib::SampleTlvs;

TEST_CASE("what is as it has to be stays, an id of any bytes too") {
  CHECK(PlainTlvs(SampleTlvs()) == SampleTlvs());
  CHECK(PlainTlvs({}) == ProxyTlvs());
}

TEST_CASE("a network namespace of another machine is not told") {
  ProxyTlvs tlvs;
  tlvs.netns = "blue";
  CHECK(PlainTlvs(tlvs) == ProxyTlvs());
}

TEST_CASE("an authority that is no host name is left out") {
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                              std::string(63, 'c') + "." + std::string(61, 'd');
  for (const std::string& right : {"a"s, "xn--bcher-kva.example"s, "a.test."s, longest}) {
    ProxyTlvs tlvs;
    tlvs.authority = right;
    CHECK(PlainTlvs(tlvs) == tlvs);
  }
  for (const std::string& wrong :
       {"a.test\n"s, "a.test\nPATH=/tmp"s, "a\0b"s, "a b"s, "a=b"s, "a;b"s, "$(a)"s, "../a"s,
        "*.test"s, "."s, "a..b"s, "-a"s, "b\xc3\xbc.test"s, "a.test:25"s, "[::1]"s, "192.0.2.1"s,
        "\x1b[2J"s, longest + "d"}) {
    ProxyTlvs tlvs = SampleTlvs();
    tlvs.authority = wrong;
    ProxyTlvs rest = SampleTlvs();
    rest.authority = {};
    INFO(wrong);
    CHECK(PlainTlvs(tlvs) == rest);
  }
}

TEST_CASE("a protocol or a common name that is not printable is left out") {
  for (const std::string& wrong : {"a\n"s, "\0"s, "a\0b"s, "\x7f"s, "\x1b[2J"s, "Jos\xc3\xa9"s}) {
    ProxyTlvs tlvs = SampleTlvs(), rest = SampleTlvs();
    tlvs.alpn = tlvs.ssl->common_name = wrong;
    rest.alpn = rest.ssl->common_name = {};
    INFO(wrong);
    CHECK(PlainTlvs(tlvs) == rest);
  }
}

TEST_CASE("a version, a cipher or an algorithm that is more than a word is left out") {
  for (const std::string& wrong : {"a b"s, "a\n"s, "\0"s, "a=b"s, "a/b"s, "`a`"s, "\xc3\xa9"s}) {
    for (const auto field : {&ProxySsl::version, &ProxySsl::cipher, &ProxySsl::signature_algorithm,
                             &ProxySsl::key_algorithm}) {
      ProxyTlvs tlvs = SampleTlvs(), rest = SampleTlvs();
      *tlvs.ssl.*field = wrong;
      *rest.ssl.*field = {};
      INFO(wrong);
      CHECK(PlainTlvs(tlvs) == rest);
    }
  }
}

TEST_CASE("nothing is told of TLS unless the client speaks it") {
  ProxyTlvs tlvs = SampleTlvs();
  tlvs.ssl->client = 6;
  CHECK_FALSE(PlainTlvs(tlvs).ssl);
  tlvs.ssl->client = 0xf8;
  CHECK_FALSE(PlainTlvs(tlvs).ssl);
  tlvs.ssl->client = 0xff;
  CHECK(PlainTlvs(tlvs) == SampleTlvs());  // bits without a meaning have none
}

TEST_CASE("without a certificate nobody has a common name") {
  ProxyTlvs tlvs = SampleTlvs();
  tlvs.ssl->client = 1;
  CHECK(PlainTlvs(tlvs).ssl->common_name.empty());
  for (const std::uint8_t shown : {std::uint8_t{3}, std::uint8_t{5}}) {
    tlvs.ssl->client = shown;
    CHECK(PlainTlvs(tlvs) == tlvs);
  }
}

}  // namespace
}  // namespace postern::policy
