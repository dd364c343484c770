// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_setup.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "sandbox/sys/process.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::TlsSpec;
using policy::WrittenPath;
using policy::check::TlsFile;

namespace {

// Whoever may write a key may choose it, and whoever may read one is the service to the world.
// What is wrong with the file, if anything is.
std::string Exposure(const sys::FileKind& facts) {
  constexpr std::uint32_t kForOthers = 0007, kWritableByGroup = 0020;
  if ((facts.mode & (kForOthers | kWritableByGroup)) != 0) {
    return " may be read or written by others: chmod 0600";
  }
  return facts.uid != 0 && facts.uid != sys::OwnUid() ? " is not root's" : "";
}

// Opens the files of a service one after the other, and notes which cannot be had.
class Opener {
 public:
  Opener(const std::string& service, std::vector<TlsFlaw>& flaws)
      : service_(service), flaws_(flaws) {}

  // Of the pair of that number, where the file is one of a pair.
  sys::UniqueFd Open(const WrittenPath& file, TlsFile kind, std::size_t pair = 0) {
    if (file.path.empty()) return {};
    auto opened = sys::OpenRegularFile(file.path);
    if (opened) return std::move(*opened);
    return Closed(opened.error(), kind, pair);
  }

  sys::UniqueFd OpenKey(const WrittenPath& file, std::size_t pair) {
    auto opened = Open(file, TlsFile::kPrivateKey, pair);
    if (!opened) return opened;
    const auto facts = sys::Inspect(opened);  // of what was opened, whatever the path means by now
    if (!facts) return Closed(facts.error(), TlsFile::kPrivateKey, pair);
    const std::string exposure = Exposure(*facts);
    if (exposure.empty()) return opened;
    return Flawed(policy::check::kExposedKey, TlsFile::kPrivateKey, pair,
                  "the private key " + file.path + exposure);
  }

 private:
  sys::UniqueFd Closed(const sys::Error& error, TlsFile file, std::size_t pair) {
    // Those may be other than for us now; or for whoever has the right.
    constexpr int kPassing[] = {EACCES, EMFILE, ENFILE, ENOMEM, EIO, ESTALE};
    if (std::ranges::find(kPassing, error.number) == std::end(kPassing)) {
      return Flawed(policy::check::kUnknownPath, file, pair, error.ToString());
    }
    return Flawed(policy::check::kTlsNotJudged, file, pair,
                  NotJudged(file) + ": " + error.ToString());
  }

  sys::UniqueFd Flawed(std::string_view code, TlsFile file, std::size_t pair, std::string text) {
    flaws_.push_back({service_, code, file, pair, std::move(text)});
    return {};
  }

  static std::string NotJudged(TlsFile file) {
    switch (file) {
      case TlsFile::kPrivateKey:
        return "the private key is not judged, nor whether it is the certificate's";
      case TlsFile::kStaple:
        return "the OCSP response is not judged";
      case TlsFile::kClientCa:
        return "the authorities are not judged";
      case TlsFile::kRevocations:
        return "the revocation lists are not judged";
      case TlsFile::kService:
      case TlsFile::kCertificate:
        break;
    }
    return "the certificate is not judged, nor what goes with it";
  }

  const std::string& service_;
  std::vector<TlsFlaw>& flaws_;
};

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
  ask.credential_count = static_cast<std::uint32_t>(OpenPairs(setup).size());
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

}  // namespace

std::vector<std::string> FilesOf(const TlsSpec& spec) {
  std::vector<std::string> files;
  for (const TlsSpec::Pair& pair : spec.pairs) {
    files.insert(files.end(), {pair.certificate.path, pair.private_key.path, pair.staple.path});
  }
  files.insert(files.end(), {spec.client_ca.path, spec.crl.path});
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

TlsCandidate OpenTls(const std::string& service, const TlsSpec& spec) {
  TlsCandidate candidate;
  TlsSetup& setup = candidate.setup;
  setup.service = service;
  setup.spec = spec;
  setup.stamps = StampsOf(spec);  // before: what changes meanwhile is looked at again
  Opener opener(service, candidate.flaws);
  for (std::size_t i = 0; i < spec.pairs.size(); ++i) {
    const TlsSpec::Pair& files = spec.pairs[i];
    setup.pairs.push_back({.certificate = opener.Open(files.certificate, TlsFile::kCertificate, i),
                           .private_key = opener.OpenKey(files.private_key, i),
                           .staple = opener.Open(files.staple, TlsFile::kStaple, i)});
  }
  setup.authorities = opener.Open(spec.client_ca, TlsFile::kClientCa);
  setup.revocations = opener.Open(spec.crl, TlsFile::kRevocations);
  return candidate;
}

bool IsUsable(const TlsCandidate& candidate) {
  const auto& pairs = candidate.setup.pairs;
  const auto open = [](const TlsSetup::Pair& pair) { return pair.certificate && pair.private_key; };
  return !pairs.empty() && std::ranges::all_of(pairs, open) &&
         std::ranges::none_of(candidate.flaws, policy::check::KeepsDown);
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

std::vector<std::size_t> OpenPairs(const TlsSetup& setup) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    if (setup.pairs[i].certificate) open.push_back(i);
  }
  return open;
}

sys::Status AskForKeys(const TlsSetup& setup, const AskFrame& ask) {
  for (const std::size_t i : OpenPairs(setup)) {
    const TlsSetup::Pair& pair = setup.pairs[i];
    AskKey frame;
    frame.index = setup.first_key + static_cast<KeyIndex>(i);
    frame.has_key = pair.private_key ? 1 : 0;
    std::vector<int> files;
    if (pair.private_key) files.push_back(pair.private_key.get());
    files.push_back(pair.certificate.get());
    TRY_STATUS(ask(AsFrame(frame), files));
  }
  return {};
}

sys::Status AskForService(const TlsSetup& setup, const AskFrame& ask) {
  std::vector<int> files;
  if (setup.authorities) files.push_back(setup.authorities.get());
  if (setup.revocations) files.push_back(setup.revocations.get());
  TRY_STATUS(ask(AsFrame(ServiceFrame(setup)), files));
  for (const std::size_t i : OpenPairs(setup)) {
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

}  // namespace postern::daemon
