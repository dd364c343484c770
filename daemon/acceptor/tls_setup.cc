// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_setup.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::TlsSpec;

namespace {

using Opened = std::expected<sys::UniqueFd, TlsFlaw>;

std::unexpected<TlsFlaw> Closed(const sys::Error& error) {
  // Those may be other than for us now; or for whoever has the right.
  constexpr int kPassing[] = {EACCES, EMFILE, ENFILE, ENOMEM, EIO, ESTALE};
  const bool passes = std::ranges::find(kPassing, error.number) != std::end(kPassing);
  return std::unexpected(
      TlsFlaw{.service = {},
              .code = passes ? policy::check::kTlsNotJudged : policy::check::kUnknownPath,
              .text = error.ToString()});
}

Opened OpenFile(const std::string& path) {
  if (path.empty()) return sys::UniqueFd();
  auto file = sys::OpenRegularFile(path);
  if (!file) return Closed(file.error());
  return std::move(*file);
}

// Whoever may write a key may choose it, and whoever may read one is the service to the world.
Opened OpenKey(const std::string& path) {
  constexpr std::uint32_t kForOthers = 0007, kWritableByGroup = 0020;
  auto file = OpenFile(path);
  if (!file) return file;
  const auto facts = sys::Inspect(*file);  // of what was opened, whatever the path means by now
  if (!facts) return Closed(facts.error());
  const auto exposed = [&path](const std::string& how) {
    return std::unexpected(TlsFlaw{.service = {},
                                   .code = policy::check::kExposedKey,
                                   .text = "the private key " + path + how});
  };
  if ((facts->mode & (kForOthers | kWritableByGroup)) != 0) {
    return exposed(" may be read or written by others: chmod 0600");
  }
  if (facts->uid != 0 && facts->uid != sys::OwnUid()) return exposed(" is not root's");
  return file;
}

std::uint32_t WireVersion(policy::TlsVersion version) {
  return version == policy::TlsVersion::k13 ? kTls13 : kTls12;
}

WireVerify WireVerifyOf(policy::TlsVerify verify) {
  switch (verify) {
    case policy::TlsVerify::kNone:
      return WireVerify::kNone;
    case policy::TlsVerify::kRequest:
      return WireVerify::kRequest;
    case policy::TlsVerify::kRequire:
      break;
  }
  return WireVerify::kRequire;
}

AskTlsService ServiceFrame(const TlsSetup& setup) {
  const TlsSpec& spec = setup.spec;
  AskTlsService ask;
  ask.service = setup.id;
  ask.credential_count = static_cast<std::uint32_t>(setup.pairs.size());
  ask.min_version = WireVersion(spec.min_version);
  ask.verify = WireVerifyOf(spec.verify);
  ask.strict_names = spec.sni == policy::TlsSni::kStrict ? 1 : 0;
  ask.handshake_ms = static_cast<std::uint32_t>(spec.handshake.count() * 1000);
  ask.has_authorities = setup.authorities ? 1 : 0;
  ask.has_revocations = setup.revocations ? 1 : 0;
  for (const std::string& name : spec.alpn) {
    if (ask.alpn_length + 1 + name.size() > ask.alpn.size()) break;  // the loader refuses that
    ask.alpn[ask.alpn_length] = static_cast<std::uint8_t>(name.size());
    std::ranges::copy(name, ask.alpn.begin() + ask.alpn_length + 1);
    ask.alpn_length += static_cast<std::uint32_t>(1 + name.size());
  }
  return ask;
}

std::string WhatIsWrong(KeyVerdict verdict) {
  switch (verdict) {
    case KeyVerdict::kGood:
      return "nothing is wrong";
    case KeyVerdict::kUnreadableKey:
      return "the private key cannot be read: not PEM, or it needs a phrase";
    case KeyVerdict::kUnreadableCertificate:
      return "the certificate cannot be read: not PEM";
    case KeyVerdict::kMismatch:
      return "the private key is not the certificate's";
    case KeyVerdict::kExpired:
      return "the certificate has expired";
    case KeyVerdict::kNotYetValid:
      return "the certificate is not valid yet";
    case KeyVerdict::kUnsupportedKey:
      return "a key of this kind is not supported: RSA, RSA-PSS, ECDSA on P-256, P-384 or P-521, "
             "Ed25519";
    case KeyVerdict::kWeakKey:
      return "an RSA key needs 2048 to 8192 bits";
    case KeyVerdict::kNoRoom:
      return "there are too many private keys, or RLIMIT_MEMLOCK is too low for them";
    case KeyVerdict::kKeyInCertificate:
      break;
  }
  return "the file of the certificate has a private key in it, which only postern-keys may see: "
         "keep the certificates in a file of their own";
}

}  // namespace

std::vector<std::string> FilesOf(const TlsSpec& spec) {
  std::vector<std::string> files;
  for (const TlsSpec::Pair& pair : spec.pairs) {
    files.insert(files.end(), {pair.certificate, pair.private_key, pair.staple});
  }
  files.insert(files.end(), {spec.client_ca, spec.crl});
  std::erase(files, std::string());
  return files;
}

std::vector<std::optional<sys::FileStamp>> StampsOf(const TlsSpec& spec) {
  std::vector<std::optional<sys::FileStamp>> stamps;
  for (const std::string& path : FilesOf(spec)) {
    const auto stamp = sys::StampOf(path);
    stamps.push_back(stamp ? std::optional(*stamp) : std::nullopt);
  }
  return stamps;
}

namespace {

std::expected<void, TlsFlaw> OpenFiles(TlsSetup& setup) {
  const TlsSpec& spec = setup.spec;
  setup.stamps = StampsOf(spec);  // before: what changes meanwhile is looked at again
  for (const TlsSpec::Pair& files : spec.pairs) {
    TlsSetup::Pair pair;
    TRY(pair.certificate, OpenFile(files.certificate));
    TRY(pair.private_key, OpenKey(files.private_key));
    TRY(pair.staple, OpenFile(files.staple));
    setup.pairs.push_back(std::move(pair));
  }
  TRY(setup.authorities, OpenFile(spec.client_ca));
  TRY(setup.revocations, OpenFile(spec.crl));
  return {};
}

}  // namespace

std::expected<TlsSetup, TlsFlaw> OpenTls(const std::string& service, const TlsSpec& spec) {
  TlsSetup setup;
  setup.service = service;
  setup.spec = spec;
  if (auto opened = OpenFiles(setup); !opened) {
    opened.error().service = service;
    return std::unexpected(std::move(opened.error()));
  }
  return setup;
}

bool SameTls(const TlsSpec& a, const TlsSpec& b) {
  const auto words = [](const policy::IdentityRules& rules) {
    std::vector<std::string> all;
    for (const auto* list : {&rules.only_from, &rules.no_access}) {
      all.emplace_back(list->has_value() ? "given" : "");
      if (!*list) continue;
      for (const policy::IdentityPattern& pattern : **list) all.push_back(pattern.word());
    }
    return all;
  };
  return FilesOf(a) == FilesOf(b) && a.pairs.size() == b.pairs.size() && a.verify == b.verify &&
         a.min_version == b.min_version && a.sni == b.sni && a.alpn == b.alpn &&
         a.handshake == b.handshake && a.idle == b.idle && a.starttls == b.starttls &&
         a.starttls_required == b.starttls_required && words(a.rules) == words(b.rules);
}

sys::Status AskForKeys(const TlsSetup& setup, const AskFrame& ask) {
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    AskKey frame;
    frame.index = setup.first_key + static_cast<KeyIndex>(i);
    frame.judged = setup.judged ? 1 : 0;
    const int files[] = {setup.pairs[i].private_key.get(), setup.pairs[i].certificate.get()};
    TRY_STATUS(ask(AsFrame(frame), files));
  }
  return {};
}

sys::Status AskForService(const TlsSetup& setup, const AskFrame& ask) {
  std::vector<int> files;
  if (setup.authorities) files.push_back(setup.authorities.get());
  if (setup.revocations) files.push_back(setup.revocations.get());
  TRY_STATUS(ask(AsFrame(ServiceFrame(setup)), files));
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    AskTlsCredential frame;
    frame.service = setup.id;
    frame.key = setup.first_key + static_cast<KeyIndex>(i);
    frame.has_staple = setup.pairs[i].staple ? 1 : 0;
    frame.judged = setup.judged ? 1 : 0;
    files = {setup.pairs[i].certificate.get()};
    if (setup.pairs[i].staple) files.push_back(setup.pairs[i].staple.get());
    TRY_STATUS(ask(AsFrame(frame), files));
  }
  return {};
}

std::string_view CodeOf(KeyVerdict verdict) {
  switch (verdict) {
    case KeyVerdict::kUnreadableCertificate:
    case KeyVerdict::kKeyInCertificate:
      return policy::check::kBadCertificate;
    case KeyVerdict::kMismatch:
      return policy::check::kKeyMismatch;
    case KeyVerdict::kExpired:
      return policy::check::kCertificateExpired;
    case KeyVerdict::kNotYetValid:
      return policy::check::kCertificateNotYetValid;
    case KeyVerdict::kGood:
    case KeyVerdict::kUnreadableKey:
    case KeyVerdict::kUnsupportedKey:
    case KeyVerdict::kWeakKey:
    case KeyVerdict::kNoRoom:
      break;
  }
  return policy::check::kBadPrivateKey;
}

std::string_view CodeOf(TlsVerdict verdict) {
  switch (verdict) {
    case TlsVerdict::kBadCertificate:
      return policy::check::kBadCertificate;
    case TlsVerdict::kBadAuthorities:
    case TlsVerdict::kRootlessAuthorities:
      return policy::check::kBadClientCa;
    case TlsVerdict::kBadRevocations:
      return policy::check::kBadCrl;
    case TlsVerdict::kBadStaple:
    case TlsVerdict::kLongStaple:
      return policy::check::kBadOcsp;
    case TlsVerdict::kGood:
    case TlsVerdict::kBadSettings:
      break;
  }
  return policy::check::kBadTlsSettings;
}

std::string TextOf(const TlsSetup& setup, std::size_t pair, KeyVerdict verdict) {
  if (pair >= setup.pairs.size()) return WhatIsWrong(verdict);
  const TlsSpec::Pair& files = setup.spec.pairs[pair];
  return WhatIsWrong(verdict) + " (" + files.certificate + ", " + files.private_key + ")";
}

std::string TextOf(const TlsSetup& setup, const AnswerTlsService& answer) {
  static const std::string kTooLarge = "larger than " + std::to_string(kMaxPemFile >> 20) + " MiB";
  const std::size_t pair = std::min<std::size_t>(answer.credential, setup.pairs.size() - 1);
  switch (answer.verdict) {
    case TlsVerdict::kGood:
      return "nothing is wrong";
    case TlsVerdict::kBadSettings:
      return "OpenSSL does not take its settings";
    case TlsVerdict::kBadCertificate:
      return "the certificates in " + setup.spec.pairs[pair].certificate + " cannot be used";
    case TlsVerdict::kBadAuthorities:
      return "the authorities in " + setup.spec.client_ca + " cannot be read: not PEM, " +
             kTooLarge + ", or with a private key beside them";
    case TlsVerdict::kRootlessAuthorities:
      return "of the authorities in " + setup.spec.client_ca +
             " none is a root, a certificate that signs itself: they would verify nobody";
    case TlsVerdict::kBadRevocations:
      return "the revocation lists in " + setup.spec.crl + " cannot be read: not PEM, or " +
             kTooLarge;
    case TlsVerdict::kLongStaple:
      return "the OCSP response in " + setup.spec.pairs[pair].staple + " is longer than " +
             std::to_string(kMaxStaple) + " bytes, and does not fit in a handshake of TLS 1.3";
    case TlsVerdict::kBadStaple:
      break;
  }
  return "the OCSP response in " + setup.spec.pairs[pair].staple +
         " does not say that the certificate is good now";
}

}  // namespace postern::daemon
