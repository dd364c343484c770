// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/client_identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/free_by.h"
#include "policy/address/ip_address.h"
#include "policy/base/text.h"

namespace postern::daemon {
namespace {

using AlternativeNames = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;

// False, and nothing written, when it does not fit or is not text.
template <std::size_t kSize>
bool Put(std::string_view text, std::array<char, kSize>& where, std::uint32_t& length) {
  if (text.size() > kSize || !policy::IsPrintable(text)) return false;
  std::ranges::copy(text, where.begin());
  length = static_cast<std::uint32_t>(text.size());
  return true;
}

void AddName(WireCertNameKind kind, std::string_view text, AnswerTls& answer) {
  if (text.empty() || text.size() > kMaxCertName || !policy::IsPrintable(text) ||
      answer.name_count >= kMaxCertNames) {
    answer.more_names = 1;
    return;
  }
  WireCertName& name = answer.names[answer.name_count++];
  name.kind = kind;
  name.length = static_cast<std::uint8_t>(text.size());
  std::ranges::copy(text, name.text.begin());
}

std::string_view BytesOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

void AddAddress(const ASN1_OCTET_STRING* octets, AnswerTls& answer) {
  const std::string_view bytes = BytesOf(octets);
  std::array<std::uint8_t, 16> address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (bytes.size() != 4 && bytes.size() != 16) {
    answer.more_names = 1;
    return;
  }
  std::ranges::copy(bytes, address.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  AddName(WireCertNameKind::kAddress, policy::IpAddress::FromV6(address).ToString(), answer);
}

void AddAlternativeNames(X509* certificate, AnswerTls& answer) {
  int critical = 0;
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  constexpr int kAbsent = -1;
  if (!names && critical != kAbsent) answer.more_names = 1;  // there, and not understood
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_DNS:
        AddName(WireCertNameKind::kDns, BytesOf(name->d.dNSName), answer);
        break;
      case GEN_EMAIL:
        AddName(WireCertNameKind::kEmail, BytesOf(name->d.rfc822Name), answer);
        break;
      case GEN_URI:
        AddName(WireCertNameKind::kUri, BytesOf(name->d.uniformResourceIdentifier), answer);
        break;
      case GEN_IPADD:
        AddAddress(name->d.iPAddress, answer);
        break;
      default:
        answer.more_names = 1;
    }
  }
}

void AddCommonNames(X509* certificate, AnswerTls& answer) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int at = -1;;) {
    at = X509_NAME_get_index_by_NID(subject, NID_commonName, at);
    if (at < 0) return;
    unsigned char* utf8 = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) {
      answer.more_names = 1;
      continue;
    }
    const std::string_view text(reinterpret_cast<const char*>(utf8),
                                static_cast<std::size_t>(length));
    AddName(WireCertNameKind::kCommonName, text, answer);
    OPENSSL_free(utf8);
  }
}

std::optional<std::string> TextOf(const X509_NAME* name) {
  const std::unique_ptr<BIO, FreeBy<BIO_free>> text(BIO_new(BIO_s_mem()));
  if (!text || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) return std::nullopt;
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(text.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(std::max(length, 0L)));
}

}  // namespace

void DescribeCertificate(X509* certificate, AnswerTls& answer) {
  answer.verified = 1;
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), answer.fingerprint.data(), &length) != 1) {
    answer.fingerprint = {};
    answer.more_names = 1;
  }
  const auto subject = TextOf(X509_get_subject_name(certificate));
  const auto issuer = TextOf(X509_get_issuer_name(certificate));
  if (!subject || !Put(*subject, answer.subject, answer.subject_length)) answer.more_names = 1;
  if (!issuer || !Put(*issuer, answer.issuer, answer.issuer_length)) answer.issuer_length = 0;
  AddAlternativeNames(certificate, answer);
  AddCommonNames(certificate, answer);
  ERR_clear_error();
}

std::unique_ptr<const AnswerTls> DescribeHandshake(SessionId session, const SSL* connection) {
  auto made = std::make_unique<AnswerTls>();
  AnswerTls& answer = *made;
  answer.header.session = session;
  answer.version = static_cast<std::uint32_t>(SSL_version(connection));
  answer.resumed = SSL_session_reused(connection) != 0 ? 1 : 0;
  Put(SSL_get_cipher_name(connection), answer.cipher, answer.cipher_length);
  if (const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name)) {
    Put(name, answer.server_name, answer.server_name_length);
  }
  const unsigned char* protocol = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(connection, &protocol, &length);
  Put({reinterpret_cast<const char*>(protocol), length}, answer.alpn, answer.alpn_length);
  X509* const certificate = SSL_get0_peer_certificate(connection);
  const bool asked = (SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) != 0;
  if (certificate != nullptr && asked && SSL_get_verify_result(connection) == X509_V_OK) {
    DescribeCertificate(certificate, answer);
  }
  return made;
}

}  // namespace postern::daemon
