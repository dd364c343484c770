// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_environment.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace postern::daemon {
namespace {

template <std::size_t kSize>
void Put(const std::string& text, std::array<char, kSize>& where, std::uint32_t& length) {
  std::ranges::copy(text, where.begin());
  length = static_cast<std::uint32_t>(text.size());
}

void AddName(AnswerTls& answer, WireCertNameKind kind, const std::string& text) {
  WireCertName& name = answer.names[answer.name_count++];
  name.kind = kind;
  name.length = static_cast<std::uint8_t>(text.size());
  std::ranges::copy(text, name.text.begin());
}

AnswerTls Bare() {
  AnswerTls answer;
  answer.version = kTls12;
  Put("CIPHER", answer.cipher, answer.cipher_length);
  return answer;
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

TEST_CASE("without a certificate only the connection is told") {
  const auto words = TlsEnvironment(Bare());
  CHECK(words == std::vector<std::string>{"SSL_PROTOCOL=TLSv1.2", "SSL_CIPHER=CIPHER",
                                          "SSL_SESSION_RESUMED=Initial", "SSL_CLIENT_VERIFY=NONE"});
  CHECK_FALSE(IdentityOf(Bare()));
}

TEST_CASE("a backend is told what was shown, and of a certificate whether it came now or before") {
  AnswerTls answer = Bare();
  Put("a.test", answer.server_name, answer.server_name_length);
  Put("h2", answer.alpn, answer.alpn_length);
  WireTlvs tlvs = TlvsOf(answer);
  CHECK(Valid(tlvs));
  CHECK(tlvs.authority.view() == "a.test");
  CHECK(tlvs.alpn.view() == "h2");
  CHECK(tlvs.version.view() == "TLSv1.2");
  CHECK(tlvs.cipher.view() == "CIPHER");
  CHECK((tlvs.client == 1 && tlvs.verify == 1));
  answer.verified = 1;
  AddName(answer, WireCertNameKind::kDns, "b.test");
  AddName(answer, WireCertNameKind::kCommonName, "alice");
  tlvs = TlvsOf(answer);
  CHECK((tlvs.client == 7 && tlvs.verify == 0));
  CHECK(tlvs.common_name.view() == "alice");
  answer.resumed = 1;
  CHECK(TlvsOf(answer).client == 5);
}

TEST_CASE("a backend is not told of a name that is none, whoever asks for it") {
  AnswerTls answer = Bare();
  Put("a b=c", answer.server_name, answer.server_name_length);
  REQUIRE(Valid(answer));
  CHECK(TlvsOf(answer).authority.view().empty());
  CHECK(Valid(TlvsOf(answer)));
}

TEST_CASE("names are numbered by their kind, and are who the client is") {
  AnswerTls answer = Bare();
  answer.verified = 1;
  answer.fingerprint.fill(0x0f);
  Put("CN=a", answer.subject, answer.subject_length);
  AddName(answer, WireCertNameKind::kDns, "a.test");
  AddName(answer, WireCertNameKind::kDns, "b.test");
  AddName(answer, WireCertNameKind::kUri, "spiffe://a");
  AddName(answer, WireCertNameKind::kCommonName, "a");
  AddName(answer, WireCertNameKind::kCommonName, "second");
  const auto words = TlsEnvironment(answer);
  CHECK(Has(words, "SSL_CLIENT_SAN_DNS_1=b.test"));
  CHECK(Has(words, "SSL_CLIENT_SAN_URI_0=spiffe://a"));
  CHECK(Has(words, "SSL_CLIENT_S_DN_CN=a"));
  CHECK_FALSE(Has(words, "SSL_CLIENT_S_DN_CN=second"));
  const auto client = IdentityOf(answer);
  REQUIRE(client);
  CHECK(client->names.size() == 5);
  CHECK(client->subject == "CN=a");
}

TEST_CASE("why there was no handshake is told, whoever ended it") {
  AnswerTlsDone done;
  const auto text = [&done](TlsOutcome outcome, TlsFault fault = TlsFault::kNone) {
    done.outcome = outcome;
    done.fault = fault;
    return TextOf(done);
  };
  CHECK(text(TlsOutcome::kHandshakeFailed, TlsFault::kNotTls) == TextOf(TlsFault::kNotTls));
  CHECK(text(TlsOutcome::kHandshakeLate) == "no handshake within tls_handshake_timeout");
  CHECK(text(TlsOutcome::kNoCapacity) == "postern-tls has no room for another session");
  CHECK(text(TlsOutcome::kUnknownService) ==
        "postern-tls does not have the certificates of the service");
  CHECK(text(TlsOutcome::kClientGone) == "the client has left");
}

TEST_CASE("an answer that is not plain text, or not consistent, is garbage") {
  CHECK(Valid(Bare()));
  const auto broken = [](auto change) {
    AnswerTls answer = Bare();
    answer.verified = 1;
    AddName(answer, WireCertNameKind::kDns, "a.test");
    REQUIRE(Valid(answer));
    change(answer);
    return !Valid(answer);
  };
  CHECK(broken([](AnswerTls& answer) { answer.version = 0x0302; }));
  CHECK(broken([](AnswerTls& answer) { answer.verified = 0; }));
  CHECK(broken([](AnswerTls& answer) { answer.name_count = kMaxCertNames + 1; }));
  CHECK(broken([](AnswerTls& answer) { answer.names[0].text[1] = '\n'; }));
  CHECK(broken([](AnswerTls& answer) { answer.names[0].length = 0; }));
  CHECK(broken([](AnswerTls& answer) { answer.names[0].length = 255; }));
  CHECK(broken([](AnswerTls& answer) { answer.names[0].kind = WireCertNameKind{9}; }));
  CHECK(broken([](AnswerTls& answer) { answer.subject_length = kMaxDistinguishedName + 1; }));
  CHECK(broken([](AnswerTls& answer) { answer.cipher_length = 0; }));
  CHECK(broken([](AnswerTls& answer) {
    answer.server_name_length = 1;
    answer.server_name[0] = '\x7f';
  }));
}

}  // namespace
}  // namespace postern::daemon
