// SPDX-License-Identifier: BSD-2-Clause
// The limits of each single-valued kind; one example for each attribute is in
// attribute_table_test.cc.
#include "policy/service/scalar_codecs.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/testlib/fake_system.h"

namespace postern::policy {
namespace {

template <typename Codec>
std::string Roundtrip(const std::string& text) {
  Assignment assignment{{"a", 1}, Operator::kSet, {}, {}};
  std::istringstream words(text);
  for (std::string word; words >> word;) assignment.values.push_back({word, 1});
  const FakeSystem system;
  const auto value = Codec::Parse(assignment.values, {system, assignment});
  return value ? Codec::Print(*value) : "refused";
}

}  // namespace

TEST_CASE("sizes have a suffix of k, m or g and do not overflow") {
  CHECK(ParseSize("10K") == 10240U);
  CHECK(ParseSize("8388608") == 8388608U);
  CHECK(ParseSize("9223372036854775807") == 9223372036854775807U);
  for (const char* bad :
       {"", "K", "-1", "1KB", "1.5M", "9223372036854775808", "8589934592G", "0x1"}) {
    INFO(bad);
    CHECK_FALSE(ParseSize(bad).has_value());
  }
}

TEST_CASE("0 is no limit to the old rlimits, and a true one to the new") {
  CHECK(Roundtrip<NonzeroSizeCodec>("0") == "refused");
  CHECK(Roundtrip<NonzeroSizeCodec>("0k") == "refused");
  CHECK(Roundtrip<SizeCodec>("0") == "0");
}

TEST_CASE("a load is finite, decimal and not 0 (case 50)") {
  CHECK(Roundtrip<LoadCodec>("-1") == "-1");
  for (const char* bad :
       {"0", "0.0", "-0", "nan", "inf", "-inf", "1e400", "1e3", "0x1p3", "2,5", ""}) {
    if (*bad == '\0') continue;
    INFO(bad);
    CHECK(Roundtrip<LoadCodec>(bad) == "refused");
  }
}

TEST_CASE("an account is a name or an id that the kernel does not read as unchanged") {
  CHECK(Roundtrip<AccountCodec>("4294967294") == "4294967294");
  CHECK(Roundtrip<AccountCodec>("4294967295") == "refused");
  CHECK(Roundtrip<AccountCodec>("18446744073709551615") == "refused");
  CHECK(Roundtrip<AccountCodec>("-1") == "-1");  // a name nobody has, judged when it is looked up
}

TEST_CASE("counts are whole numbers that fit an int, as xinetd's") {
  CHECK(Roundtrip<CountCodec>("2147483647") == "2147483647");
  CHECK(Roundtrip<CountCodec>("2147483648") == "refused");
  CHECK(Roundtrip<CountCodec>("Unlimited") == "UNLIMITED");
  CHECK(Roundtrip<NonzeroCountCodec>("0") == "refused");
}

TEST_CASE("ports, umasks and nice values keep to their ranges") {
  CHECK(Roundtrip<PortCodec>("0") == "refused");
  CHECK(Roundtrip<PortCodec>("1") == "1");
  CHECK(Roundtrip<OctalCodec>("0777") == "0777");
  CHECK(Roundtrip<OctalCodec>("01000") == "refused");
  CHECK(Roundtrip<OctalCodec>("8") == "refused");
  CHECK(Roundtrip<NiceCodec>("+5") == "5");
  CHECK(Roundtrip<NiceCodec>("-21") == "refused");
  CHECK(Roundtrip<WorkersCodec>("64") == "64");
  CHECK(Roundtrip<WorkersCodec>("65") == "refused");
}

TEST_CASE("a deny_time is minutes, for ever or never") {
  CHECK(Roundtrip<DenyTimeCodec>("never") == "NEVER");
  CHECK(Roundtrip<DenyTimeCodec>("60") == "60");
  CHECK(Roundtrip<DenyTimeCodec>("-1") == "refused");
}

TEST_CASE("rpc versions are one number or a rising range") {
  CHECK(Roundtrip<RpcVersionsCodec>("3") == "3-3");
  for (const char* bad : {"4-2", "-2", "2-", "a", "1-2-3"}) {
    INFO(bad);
    CHECK(Roundtrip<RpcVersionsCodec>(bad) == "refused");
  }
}

}  // namespace postern::policy
