// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/proxy_environment.h"

#include <catch2/catch.hpp>
#include <string>

#include "daemon/acceptor/connection_environment.h"
#include "daemon/acceptor/tls_environment.h"
#include "daemon/gate_words.h"
#include "sandbox/zygote/protocol.h"

namespace postern::daemon {
namespace {

using Words = std::vector<std::string>;

Words Of(const policy::ProxyTlvs& tlvs) { return ProxyEnvironment(WireTlvsOf(tlvs)); }

policy::ProxySsl WithCertificate(std::uint8_t client, std::uint32_t verify) {
  policy::ProxySsl ssl;
  ssl.client = client;
  ssl.verify = verify;
  ssl.common_name = "alice";
  return ssl;
}

Words OfSsl(const policy::ProxySsl& ssl) {
  policy::ProxyTlvs tlvs;
  tlvs.ssl = ssl;
  return Of(tlvs);
}

TEST_CASE("what a proxy has not said is not there") {
  CHECK(Of({}).empty());
  policy::ProxyTlvs tlvs;
  tlvs.authority = "a.test";
  CHECK(Of(tlvs) == Words{"PROXY_AUTHORITY=a.test"});
  tlvs.ssl.emplace();  // it says that the client does not speak TLS
  CHECK(Of(tlvs) == Words{"PROXY_AUTHORITY=a.test"});
}

TEST_CASE("everything that a proxy can say") {
  policy::ProxyTlvs tlvs;
  tlvs.alpn = "h2";
  tlvs.authority = "a.test";
  tlvs.unique_id = std::string_view("\0\n\xfeZ", 4);
  tlvs.netns = "blue";
  tlvs.ssl = WithCertificate(7, 0);
  tlvs.ssl->version = "TLSv1.3";
  tlvs.ssl->cipher = "TLS_AES_128_GCM_SHA256";
  tlvs.ssl->signature_algorithm = "ecdsa-with-SHA256";
  tlvs.ssl->key_algorithm = "EC256";
  CHECK(Of(tlvs) == Words{"PROXY_AUTHORITY=a.test", "PROXY_ALPN=h2", "PROXY_UNIQUE_ID=000afe5a",
                          "PROXY_SSL_PROTOCOL=TLSv1.3", "PROXY_SSL_CIPHER=TLS_AES_128_GCM_SHA256",
                          "PROXY_SSL_SERVER_A_SIG=ecdsa-with-SHA256",
                          "PROXY_SSL_SERVER_A_KEY=EC256", "PROXY_SSL_CLIENT_VERIFY=SUCCESS",
                          "PROXY_SSL_SESSION_RESUMED=Initial", "PROXY_SSL_CLIENT_S_DN_CN=alice"});
}

TEST_CASE("zero is a verified certificate only where there was one") {
  CHECK(OfSsl(WithCertificate(1, 0)) == Words{"PROXY_SSL_CLIENT_VERIFY=NONE"});
  CHECK(OfSsl(WithCertificate(1, 1)) == Words{"PROXY_SSL_CLIENT_VERIFY=NONE"});
}

TEST_CASE("a certificate that was not verified names nobody") {
  CHECK(OfSsl(WithCertificate(7, 10)) ==
        Words{"PROXY_SSL_CLIENT_VERIFY=FAILED:10", "PROXY_SSL_SESSION_RESUMED=Initial"});
}

TEST_CASE("a certificate of the session alone was shown on an earlier connection") {
  CHECK(OfSsl(WithCertificate(5, 0)) == Words{"PROXY_SSL_CLIENT_VERIFY=SUCCESS",
                                              "PROXY_SSL_SESSION_RESUMED=Resumed",
                                              "PROXY_SSL_CLIENT_S_DN_CN=alice"});
  CHECK(OfSsl(WithCertificate(3, 0))[1] == "PROXY_SSL_SESSION_RESUMED=Initial");
}

template <std::size_t kSize>
std::uint32_t Fill(std::array<char, kSize>& where) {
  where.fill('x');
  return kSize;
}

Words LongestOfTls() {
  AnswerTls answer;
  answer.version = kTls13;
  answer.verified = 1;
  answer.cipher_length = Fill(answer.cipher);
  answer.server_name_length = Fill(answer.server_name);
  answer.alpn_length = Fill(answer.alpn);
  answer.subject_length = Fill(answer.subject);
  answer.issuer_length = Fill(answer.issuer);
  answer.name_count = kMaxCertNames;
  for (WireCertName& name : answer.names) {
    name = {WireCertNameKind::kEmail, kMaxCertName, {}};
    Fill(name.text);
  }
  REQUIRE(Valid(answer));
  return TlsEnvironment(answer);
}

Words LongestOfProxy() {
  const std::string text(256, 'x');
  const std::string_view all = text;
  const std::string name = text.substr(0, 63) + "." + text.substr(0, 63) + "." +
                           text.substr(0, 63) + "." + text.substr(0, 61);
  policy::ProxyTlvs tlvs;
  tlvs.alpn = all.substr(0, 64);
  tlvs.authority = name;
  tlvs.unique_id = all.substr(0, 128);
  tlvs.ssl = WithCertificate(7, 0);
  tlvs.ssl->version = all.substr(0, 16);
  tlvs.ssl->common_name = all;
  tlvs.ssl->cipher = tlvs.ssl->signature_algorithm = tlvs.ssl->key_algorithm = all.substr(0, 64);
  const Words words = Of(tlvs);
  REQUIRE(words.size() == 10);
  return words;
}

TEST_CASE("all that can be told of one connection has room on the way to a zygote") {
  const policy::Endpoint end{*policy::IpAddress::Parse("1111:2222:3333:4444:5555:6666:7777:8888"),
                             65535};
  std::size_t length = sizeof(GateAdviceFrame::words);
  for (const Words& words :
       {ConnectionEnvironment({}, end, end), LongestOfProxy(), LongestOfTls()}) {
    for (const std::string& word : words) length += word.size() + 1;
  }
  CHECK(length < sandbox::kMaxLaunchWords);
}

}  // namespace
}  // namespace postern::daemon
