// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/wire_tlvs.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/sample_tlvs.h"

namespace postern::daemon {
namespace {

using namespace std::string_literals;
using testlib::SampleTlvs;

TEST_CASE("what goes over the wire is what came") {
  const WireTlvs wire = WireTlvsOf(SampleTlvs());
  CHECK(Valid(wire));
  CHECK_FALSE(SaysNothing(wire));
  CHECK(ProxyTlvsOf(wire) == SampleTlvs());
  CHECK(Valid(WireTlvs()));
  CHECK(SaysNothing(WireTlvs()));
}

TEST_CASE("what is not plain, or has no room, is not sent") {
  policy::ProxyTlvs tlvs = SampleTlvs(), rest = SampleTlvs();
  const std::string long_protocol(65, 'p'), long_word(65, 'w'), long_name(257, 'n');
  tlvs.alpn = long_protocol;
  tlvs.authority = "new\nline";
  tlvs.netns = "blue";
  tlvs.ssl->cipher = tlvs.ssl->key_algorithm = long_word;
  tlvs.ssl->version = long_word;
  tlvs.ssl->common_name = long_name;
  rest.alpn = rest.authority = {};
  rest.ssl->cipher = rest.ssl->key_algorithm = rest.ssl->version = rest.ssl->common_name = {};
  const WireTlvs wire = WireTlvsOf(tlvs);
  CHECK(Valid(wire));
  CHECK(ProxyTlvsOf(wire) == rest);
  CHECK(Valid(WireTlvsOf(policy::ProxyTlvs{
      .alpn = {}, .authority = {}, .unique_id = long_word, .netns = {}, .ssl = {}})));
}

TEST_CASE("values that would not have been sent are not valid") {
  const auto broken = [](auto change) {
    WireTlvs wire = WireTlvsOf(SampleTlvs());
    change(wire);
    return !Valid(wire);
  };
  CHECK(broken([](WireTlvs& wire) { wire.alpn.length = 65; }));
  CHECK(broken([](WireTlvs& wire) { wire.unique_id.length = 129; }));
  CHECK(broken([](WireTlvs& wire) { wire.common_name.length = 0xffffffff; }));
  CHECK(broken([](WireTlvs& wire) { wire.alpn.Set("h\n2"); }));
  CHECK(broken([](WireTlvs& wire) { wire.authority.Set("a.test\nPATH=/tmp"); }));
  CHECK(broken([](WireTlvs& wire) { wire.authority.Set("a\0b"s); }));
  CHECK(broken([](WireTlvs& wire) { ++wire.authority.length; }));  // a null byte behind it
  CHECK(broken([](WireTlvs& wire) { wire.version.Set("TLS 1"); }));
  CHECK(broken([](WireTlvs& wire) { wire.cipher.Set("a=b"); }));
  CHECK(broken([](WireTlvs& wire) { wire.signature_algorithm.Set("\x7f"); }));
  CHECK(broken([](WireTlvs& wire) { wire.key_algorithm.Set("\xff"); }));
  CHECK(broken([](WireTlvs& wire) { wire.common_name.Set("new\nline"); }));
  CHECK_FALSE(broken([](WireTlvs& wire) { wire.unique_id.Set("\n"); }));
}

TEST_CASE("without TLS nothing is said of it, and of no certificate no name") {
  for (const std::uint32_t client : {0U, 2U, 6U, 0x101U, 9U, 0xffU}) {
    WireTlvs wire = WireTlvsOf(SampleTlvs());
    wire.client = client;
    CHECK_FALSE(Valid(wire));
  }
  WireTlvs wire;
  wire.verify = 1;
  CHECK_FALSE(Valid(wire));
  wire.client = 1;
  CHECK(Valid(wire));
  wire.common_name.Set("alice");
  CHECK_FALSE(Valid(wire));
  wire.client = 5;
  CHECK(Valid(wire));
}

}  // namespace
}  // namespace postern::daemon
