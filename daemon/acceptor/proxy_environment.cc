// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/proxy_environment.h"

#include <string_view>

#include "policy/base/text.h"

namespace postern::daemon {
namespace {

using policy::ProxySsl;

void Add(std::vector<std::string>& words, std::string_view name, std::string_view value) {
  if (!value.empty()) words.push_back(std::string(name) + "=" + std::string(value));
}

// proxy-protocol.txt, 2.2.6: `verify` is zero if a certificate was shown and verified. haproxy says
// zero as well where none was shown, so the bits are asked first.
std::string VerifyText(const WireTlvs& tlvs) {
  if ((tlvs.client & ProxySsl::kCertificate) == 0) return "NONE";
  return tlvs.verify == 0 ? "SUCCESS" : "FAILED:" + std::to_string(tlvs.verify);
}

void AddSsl(std::vector<std::string>& words, const WireTlvs& tlvs) {
  Add(words, "PROXY_SSL_PROTOCOL", tlvs.version.view());
  Add(words, "PROXY_SSL_CIPHER", tlvs.cipher.view());
  Add(words, "PROXY_SSL_SERVER_A_SIG", tlvs.signature_algorithm.view());
  Add(words, "PROXY_SSL_SERVER_A_KEY", tlvs.key_algorithm.view());
  Add(words, "PROXY_SSL_CLIENT_VERIFY", VerifyText(tlvs));
  if ((tlvs.client & ProxySsl::kCertificate) == 0) return;
  // A certificate of the session that was not shown on this connection was so on an earlier one.
  const bool now = (tlvs.client & ProxySsl::kCertificateNow) != 0;
  Add(words, "PROXY_SSL_SESSION_RESUMED", now ? "Initial" : "Resumed");
  // Whoever could not be verified is nobody.
  if (tlvs.verify == 0) Add(words, "PROXY_SSL_CLIENT_S_DN_CN", tlvs.common_name.view());
}

}  // namespace

std::vector<std::string> ProxyEnvironment(const WireTlvs& tlvs) {
  std::vector<std::string> words;
  Add(words, "PROXY_AUTHORITY", tlvs.authority.view());
  Add(words, "PROXY_ALPN", tlvs.alpn.view());
  Add(words, "PROXY_UNIQUE_ID", policy::HexText(tlvs.unique_id.view()));
  if (tlvs.client != 0) AddSsl(words, tlvs);
  return words;
}

}  // namespace postern::daemon
