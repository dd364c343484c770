// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_environment.h"

#include <algorithm>
#include <map>
#include <span>

#include "policy/base/text.h"

namespace postern::daemon {

using policy::CertificateName;

namespace {

template <std::size_t kSize>
std::string TextOf(const std::array<char, kSize>& text, std::uint32_t length) {
  return {text.data(), length};
}

std::span<const WireCertName> NamesOf(const AnswerTls& answer) {
  return std::span(answer.names).first(answer.name_count);
}

// As SSL_get_version(3) has it.
const char* VersionText(const AnswerTls& answer) {
  return answer.version == kTls13 ? "TLSv1.3" : "TLSv1.2";
}

CertificateName KindOf(WireCertNameKind kind) {
  switch (kind) {
    case WireCertNameKind::kCommonName:
      return CertificateName::kCommonName;
    case WireCertNameKind::kDns:
      return CertificateName::kDns;
    case WireCertNameKind::kEmail:
      return CertificateName::kEmail;
    case WireCertNameKind::kUri:
      return CertificateName::kUri;
    case WireCertNameKind::kAddress:
      break;
  }
  return CertificateName::kAddress;
}

const char* VariableOf(WireCertNameKind kind) {
  switch (kind) {
    case WireCertNameKind::kCommonName:
      return "SSL_CLIENT_S_DN_CN";
    case WireCertNameKind::kDns:
      return "SSL_CLIENT_SAN_DNS_";
    case WireCertNameKind::kEmail:
      return "SSL_CLIENT_SAN_Email_";
    case WireCertNameKind::kUri:
      return "SSL_CLIENT_SAN_URI_";
    case WireCertNameKind::kAddress:
      break;
  }
  return "SSL_CLIENT_SAN_IP_";
}

void AddClient(const AnswerTls& answer, std::vector<std::string>& words) {
  words.push_back("SSL_CLIENT_S_DN=" + TextOf(answer.subject, answer.subject_length));
  words.push_back("SSL_CLIENT_I_DN=" + TextOf(answer.issuer, answer.issuer_length));
  words.push_back("SSL_CLIENT_SHA256=" +
                  policy::HexText({reinterpret_cast<const char*>(answer.fingerprint.data()),
                                   answer.fingerprint.size()}));
  std::map<WireCertNameKind, int> counts;
  for (const WireCertName& name : NamesOf(answer)) {
    const int nth = counts[name.kind]++;
    const bool common = name.kind == WireCertNameKind::kCommonName;
    if (common && nth != 0) continue;
    words.push_back(VariableOf(name.kind) + (common ? "" : std::to_string(nth)) + "=" +
                    std::string(name.text.data(), name.length));
  }
}

}  // namespace

std::vector<std::string> TlsEnvironment(const AnswerTls& answer) {
  std::vector<std::string> words;
  words.push_back(std::string("SSL_PROTOCOL=") + VersionText(answer));
  words.push_back("SSL_CIPHER=" + TextOf(answer.cipher, answer.cipher_length));
  words.push_back(std::string("SSL_SESSION_RESUMED=") +
                  (answer.resumed != 0 ? "Resumed" : "Initial"));
  words.push_back(std::string("SSL_CLIENT_VERIFY=") + (answer.verified != 0 ? "SUCCESS" : "NONE"));
  if (answer.server_name_length != 0) {
    words.push_back("SSL_TLS_SNI=" + TextOf(answer.server_name, answer.server_name_length));
  }
  if (answer.alpn_length != 0) {
    words.push_back("SSL_ALPN=" + TextOf(answer.alpn, answer.alpn_length));
  }
  if (answer.verified != 0) AddClient(answer, words);
  return words;
}

// proxy-protocol.txt, 2.2.6: a certificate that was shown on this connection, or on an earlier one
// of the session.
WireTlvs TlvsOf(const AnswerTls& answer) {
  using policy::ProxySsl;
  WireTlvs tlvs;
  tlvs.alpn.Set(TextOf(answer.alpn, answer.alpn_length));
  tlvs.authority.Set(TextOf(answer.server_name, answer.server_name_length));
  tlvs.client = ProxySsl::kTls;
  tlvs.verify = answer.verified != 0 ? 0 : 1;
  tlvs.version.Set(VersionText(answer));
  tlvs.cipher.Set(TextOf(answer.cipher, answer.cipher_length));
  if (answer.verified != 0) {
    tlvs.client |= ProxySsl::kCertificateOfSession;
    if (answer.resumed == 0) tlvs.client |= ProxySsl::kCertificateNow;
    const auto names = NamesOf(answer);
    const auto common =
        std::ranges::find(names, WireCertNameKind::kCommonName, &WireCertName::kind);
    if (common != names.end()) tlvs.common_name.Set({common->text.data(), common->length});
  }
  // A client may ask for any printable name (SNI).
  return WireTlvsOf(ProxyTlvsOf(tlvs));
}

std::optional<policy::ClientIdentity> IdentityOf(const AnswerTls& answer) {
  if (answer.verified == 0) return std::nullopt;
  policy::ClientIdentity client;
  client.subject = TextOf(answer.subject, answer.subject_length);
  client.more_names = answer.more_names != 0;
  client.fingerprint = answer.fingerprint;
  for (const WireCertName& name : NamesOf(answer)) {
    client.names.push_back({KindOf(name.kind), std::string(name.text.data(), name.length)});
  }
  return client;
}

namespace {

// Of those that are about the client's certificate.
std::string_view TextOfCertificate(TlsFault fault) {
  switch (fault) {
    case TlsFault::kNoCertificate:
      return "the client has no certificate";
    case TlsFault::kCertificateExpired:
      return "the client's certificate has expired";
    case TlsFault::kCertificateNotYetValid:
      return "the client's certificate is not valid yet";
    case TlsFault::kCertificateRevoked:
      return "the client's certificate is revoked";
    case TlsFault::kUnknownAuthority:
      return "the client's certificate is of another authority";
    case TlsFault::kNoRevocationList:
      return "no revocation list in force for the client's certificate";
    case TlsFault::kWrongPurpose:
      return "the client's certificate is not one for clients";
    case TlsFault::kWrongAuthority:
      return "the client's certificate is of an authority that may not issue it";
    case TlsFault::kWeakCertificate:
      return "a key or a signature of the client's certificate is too weak";
    case TlsFault::kNoProof:
      return "the client has not shown that its certificate is its own";
    case TlsFault::kBadCertificate:
      return "the client's certificate is not good";
    case TlsFault::kNone:
    case TlsFault::kNotTls:
    case TlsFault::kNoVersion:
    case TlsFault::kNoCipher:
    case TlsFault::kNoProtocol:
    case TlsFault::kUnknownName:
    case TlsFault::kNoSignature:
    case TlsFault::kAlert:
    case TlsFault::kOther:
      break;
  }
  return "";
}

}  // namespace

std::string_view TextOf(TlsFault fault) {
  switch (fault) {
    case TlsFault::kNone:
      return "the client has left";
    case TlsFault::kNotTls:
      return "the client does not speak TLS";
    case TlsFault::kNoVersion:
      return "no version in common";
    case TlsFault::kNoCipher:
      return "no cipher, group or signature in common";
    case TlsFault::kNoProtocol:
      return "no application protocol in common (ALPN)";
    case TlsFault::kUnknownName:
      return "no certificate for the name that the client asks for (SNI)";
    case TlsFault::kNoSignature:
      return "postern-keys did not sign";
    case TlsFault::kAlert:
      return "the client has refused";
    case TlsFault::kNoCertificate:
    case TlsFault::kCertificateExpired:
    case TlsFault::kCertificateNotYetValid:
    case TlsFault::kCertificateRevoked:
    case TlsFault::kUnknownAuthority:
    case TlsFault::kNoRevocationList:
    case TlsFault::kWrongPurpose:
    case TlsFault::kWrongAuthority:
    case TlsFault::kWeakCertificate:
    case TlsFault::kNoProof:
    case TlsFault::kBadCertificate:
      return TextOfCertificate(fault);
    case TlsFault::kOther:
      break;
  }
  return "the handshake failed";
}

std::string_view TextOf(const AnswerTlsDone& answer) {
  switch (answer.outcome) {
    case TlsOutcome::kHandshakeFailed:
      return TextOf(answer.fault);
    case TlsOutcome::kHandshakeLate:
      return "no handshake within tls_handshake_timeout";
    case TlsOutcome::kNoCapacity:
      return "postern-tls has no room for another session";
    case TlsOutcome::kUnknownService:
      return "postern-tls does not have the certificates of the service";
    case TlsOutcome::kFinished:
    case TlsOutcome::kClientGone:
    case TlsOutcome::kIdle:
    case TlsOutcome::kRefused:
    case TlsOutcome::kTruncated:
      break;
  }
  return "the client has left";
}

}  // namespace postern::daemon
