// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_findings.h"

#include <string>
#include <string_view>

namespace postern::daemon {

namespace check = policy::check;
using check::TlsFile;

namespace {

// A flaw but for whose it is.
struct Finding {
  std::string_view code;
  TlsFile file;
  std::string text;
};

const std::string& TooLarge() {
  static const std::string kText = "larger than " + std::to_string(kMaxPemFile >> 20) + " MiB";
  return kText;
}

std::string NotShort() { return std::to_string(kMaxKeyFile >> 10) + " KiB or more"; }

Finding FindingOf(KeyFlaw flaw) {
  switch (flaw) {
    case KeyFlaw::kUnreadableKey:
      return {check::kBadPrivateKey, TlsFile::kPrivateKey,
              "the private key cannot be read: not PEM, it needs a phrase, or " + NotShort()};
    case KeyFlaw::kUnreadableCertificate:
      return {check::kBadCertificate, TlsFile::kCertificate,
              "the certificate cannot be read: not PEM, or " + NotShort()};
    case KeyFlaw::kMismatch:
      return {check::kKeyMismatch, TlsFile::kPrivateKey,
              "the private key is not the certificate's"};
    case KeyFlaw::kUnsupportedKey:
      return {check::kBadPrivateKey, TlsFile::kPrivateKey,
              "a key of this kind is not supported: RSA, RSA-PSS, ECDSA on P-256, P-384 or P-521, "
              "Ed25519"};
    case KeyFlaw::kWeakKey:
      return {check::kBadPrivateKey, TlsFile::kPrivateKey, "an RSA key needs 2048 to 8192 bits"};
    case KeyFlaw::kNoRoom:
      return {check::kBadPrivateKey, TlsFile::kPrivateKey,
              "there are too many private keys, or RLIMIT_MEMLOCK is too low for them"};
    case KeyFlaw::kKeyInCertificate:
      break;
  }
  return {check::kBadCertificate, TlsFile::kCertificate,
          "the file of the certificate has a private key in it, which only postern-keys may see: "
          "keep the certificates in a file of their own"};
}

Finding FindingOf(CredentialFlaw flaw) {
  switch (flaw) {
    case CredentialFlaw::kUnreadable:
      return {check::kBadCertificate, TlsFile::kCertificate,
              "the certificates cannot be read: not PEM, or with a private key beside them"};
    case CredentialFlaw::kUnusable:
      return {check::kBadCertificate, TlsFile::kCertificate,
              "the certificates cannot be used: a key or a signature among them is too weak"};
    case CredentialFlaw::kExpired:
      return {check::kCertificateExpired, TlsFile::kCertificate, "the certificate has expired"};
    case CredentialFlaw::kNotYetValid:
      return {check::kCertificateNotYetValid, TlsFile::kCertificate,
              "the certificate is not valid yet"};
    case CredentialFlaw::kLinkExpired:
      return {check::kChainNotInForce, TlsFile::kCertificate,
              "a certificate of the chain has expired"};
    case CredentialFlaw::kLinkNotYetValid:
      return {check::kChainNotInForce, TlsFile::kCertificate,
              "a certificate of the chain is not valid yet"};
    case CredentialFlaw::kLongStaple:
      return {check::kBadOcsp, TlsFile::kStaple,
              "the OCSP response is longer than " + std::to_string(kMaxStaple) +
                  " bytes, and does not fit in a handshake of TLS 1.3"};
    case CredentialFlaw::kBadStaple:
      break;
  }
  return {check::kBadOcsp, TlsFile::kStaple,
          "the OCSP response does not say that the certificate is good now"};
}

Finding FindingOf(ServiceFlaw flaw, const policy::TlsSpec& spec) {
  switch (flaw) {
    case ServiceFlaw::kBadSettings:
      return {check::kBadTlsSettings, TlsFile::kService, "OpenSSL does not take its settings"};
    case ServiceFlaw::kBadAuthorities:
      return {check::kBadClientCa, TlsFile::kClientCa,
              "the authorities in " + spec.client_ca.path + " cannot be read: not PEM, " +
                  TooLarge() + ", or with a private key beside them"};
    case ServiceFlaw::kRootlessAuthorities:
      return {check::kBadClientCa, TlsFile::kClientCa,
              "of the authorities in " + spec.client_ca.path +
                  " none is a root, a certificate that signs itself: they would verify nobody"};
    case ServiceFlaw::kBadRevocations:
      break;
  }
  return {
      check::kBadCrl, TlsFile::kRevocations,
      "the revocation lists in " + spec.crl.path + " cannot be read: not PEM, or " + TooLarge()};
}

std::string ExpiresSoon(const WireCredential& found) {
  const std::string which =
      found.first_over == 0
          ? "the certificate"
          : "certificate " + std::to_string(found.first_over + 1) + " of the file, of the chain,";
  return which + " expires in " + std::to_string(found.days_left) + " days";
}

TlsFlaw OfService(const TlsSetup& setup, Finding finding) {
  return {setup.service, finding.code, finding.file, 0, std::move(finding.text)};
}

// With the files that it is about.
TlsFlaw OfPair(const TlsSetup& setup, std::size_t pair, Finding finding) {
  const policy::TlsSpec::Pair& files = setup.spec.pairs[pair];
  std::string names = files.certificate.path;
  if (finding.file == TlsFile::kPrivateKey) names += ", " + files.private_key.path;
  if (finding.file == TlsFile::kStaple) names = files.staple.path;
  return {setup.service, finding.code, finding.file, pair, finding.text + " (" + names + ")"};
}

}  // namespace

std::vector<TlsFlaw> FlawsOf(const TlsSetup& setup, std::size_t pair,
                             const FlawSet<KeyFlaw>& found) {
  std::vector<TlsFlaw> flaws;
  found.ForEach([&](KeyFlaw flaw) { flaws.push_back(OfPair(setup, pair, FindingOf(flaw))); });
  return flaws;
}

std::vector<TlsFlaw> FlawsOf(const TlsSetup& setup, const AnswerTlsService& answer) {
  constexpr std::uint32_t kSoon = 14;
  std::vector<TlsFlaw> flaws;
  const auto pairs = OpenPairs(setup);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const WireCredential& found = answer.credentials[i];
    const auto add = [&](Finding finding) {
      flaws.push_back(OfPair(setup, pairs[i], std::move(finding)));
    };
    found.flaws.ForEach([&](CredentialFlaw flaw) { add(FindingOf(flaw)); });
    if (found.days_left < kSoon) {
      add({check::kCertificateExpiresSoon, TlsFile::kCertificate, ExpiresSoon(found)});
    }
  }
  answer.flaws.ForEach(
      [&](ServiceFlaw flaw) { flaws.push_back(OfService(setup, FindingOf(flaw, setup.spec))); });
  return flaws;
}

}  // namespace postern::daemon
