// SPDX-License-Identifier: BSD-2-Clause
#include "policy/decision/tls_identity.h"

#include <catch2/catch.hpp>

#include "policy/decision/identity_question.h"

namespace postern::policy {
namespace {

using Kind = CertificateName;

std::vector<IdentityPattern> List(const std::vector<std::string>& words) {
  std::vector<IdentityPattern> list;
  for (const std::string& word : words) {
    auto pattern = IdentityPattern::Parse(word);
    REQUIRE(pattern);
    list.push_back(*pattern);
  }
  return list;
}

ClientIdentity Alice() {
  ClientIdentity alice;
  alice.subject = "CN=alice,O=Example";
  alice.names = {{Kind::kDns, "alice.Example.org"},
                 {Kind::kEmail, "alice@example.org"},
                 {Kind::kCommonName, "alice"}};
  alice.fingerprint = Fingerprint{};
  alice.fingerprint->fill(0xab);
  return alice;
}

std::string FingerprintWord(const std::string& byte, const std::string& between = "") {
  std::string word = "sha256:";
  for (int i = 0; i < 32; ++i) word += (i == 0 ? "" : between) + byte;
  return word;
}

bool Matches(const std::string& word) { return List({word}).front().Matches(Alice()); }

TEST_CASE("a pattern alone matches any name, a kind before it only names of that kind") {
  CHECK(Matches("alice"));
  CHECK(Matches("ALICE.example.org"));
  CHECK(Matches("*.example.org"));
  CHECK(Matches("al?ce"));
  CHECK(Matches("cn:alice"));
  CHECK_FALSE(Matches("dns:alice"));
  CHECK(Matches("dns:*.example.org"));
  CHECK(Matches("email:*@example.org"));
  CHECK_FALSE(Matches("uri:*"));
  CHECK(Matches("subject:cn=alice,*"));
  CHECK_FALSE(Matches("*Example"));  // the subject is no name
  CHECK_FALSE(Matches("lice"));
  CHECK_FALSE(Matches("alice?"));
}

TEST_CASE("a fingerprint is that certificate and no other") {
  CHECK(Matches(FingerprintWord("ab")));
  CHECK(Matches(FingerprintWord("AB", ":")));
  CHECK_FALSE(Matches(FingerprintWord("ac")));
  for (const char* word : {"sha256:", "sha256:ab", "sha256:zz", "", "cn:", "dns:"}) {
    CHECK_FALSE(IdentityPattern::Parse(word));
  }
  CHECK_FALSE(IdentityPattern::Parse(std::string(600, 'x')));
}

TEST_CASE("tls_no_access wins, tls_only_from admits nobody else, nobody comes without a name") {
  const ClientIdentity alice = Alice();
  const auto evidence = [&alice](const IdentityRules& rules) {
    return EvaluateIdentity(rules, &alice).evidence;
  };
  CHECK(EvaluateIdentity({}, nullptr).allowed);
  CHECK_FALSE(EvaluateIdentity({List({"*"}), {}}, nullptr).allowed);
  CHECK_FALSE(EvaluateIdentity({{}, List({"bob"})}, nullptr).allowed);
  CHECK(evidence({List({"alice"}), {}}) == IdentityEvidence::kInOnlyFrom);
  CHECK(evidence({List({"bob"}), {}}) == IdentityEvidence::kNotInOnlyFrom);
  CHECK(evidence({List({}), {}}) == IdentityEvidence::kNotInOnlyFrom);
  CHECK(evidence({List({"alice"}), List({"al*"})}) == IdentityEvidence::kNoAccess);
  CHECK(evidence({{}, List({"bob"})}) == IdentityEvidence::kNotInNoAccess);
  const IdentityRules rules{List({"bob", "alice"}), {}};
  const auto verdict = EvaluateIdentity(rules, &alice);
  REQUIRE(verdict.allowed);
  CHECK(verdict.rule->word() == "alice");
}

TEST_CASE("a name that is not known may be one that is refused") {
  ClientIdentity alice = Alice();
  alice.more_names = true;
  CHECK_FALSE(EvaluateIdentity({List({"alice"}), List({"bob"})}, &alice).allowed);
  CHECK(EvaluateIdentity({List({"alice"}), List({FingerprintWord("00")})}, &alice).allowed);
  CHECK(EvaluateIdentity({List({"alice"}), {}}, &alice).allowed);
}

TEST_CASE("an identity as it is asked about") {
  const auto client =
      ParseIdentity("a.test,cn:alice," + FingerprintWord("ab") + ",subject:CN=a,O=b");
  REQUIRE(client);
  REQUIRE(client->names.size() == 2);
  CHECK(client->names[0].kind == Kind::kDns);
  CHECK(client->names[1].text == "alice");
  CHECK(client->subject == "CN=a,O=b");
  CHECK(client->fingerprint == Alice().fingerprint);
  for (const char* text : {",", "a,,b", "cn:", "sha256:1"}) CHECK_FALSE(ParseIdentity(text));
}

TEST_CASE("an evil pattern takes no time") {
  ClientIdentity client;
  client.names = {{Kind::kDns, std::string(250, 'a')}};
  std::string word;
  for (int i = 0; i < 250; ++i) word += "*a";
  CHECK_FALSE(List({word + "b"}).front().Matches(client));
}

}  // namespace
}  // namespace postern::policy
