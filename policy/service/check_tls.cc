// SPDX-License-Identifier: BSD-2-Clause
// Whether a service's TLS can be had: which files, for whom, and what goes with it.
// Part of service_check.h. What the files hold, posternd has postern-keys and postern-tls judge:
// they alone know OpenSSL.
#include <algorithm>
#include <array>

#include "policy/service/attributes.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

constexpr auto kOfTls = std::to_array<std::string_view>(
    {"tls_certificate", "tls_private_key", "tls_ocsp", "tls_client_ca", "tls_crl",
     "tls_verify_client", "tls_min_version", "tls_alpn", "tls_sni", "tls_handshake_timeout",
     "tls_only_from", "tls_no_access", "starttls", "starttls_required"});

constexpr std::uint32_t kForOthers = 0007, kWritableByGroup = 0020;

}  // namespace

// Of a TCPMUX service the clients come from tcpmux, which speaks TLS or does not.
bool ServiceCheck::speaks_tls() const {
  return settings_.tls && *settings_.tls && spec_.kind != ServiceKind::kTcpmux;
}

void ServiceCheck::CheckTls() {
  if (!speaks_tls()) {
    if (settings_.tls && *settings_.tls && Own(settings_.tls.from)) {
      return Error("bad-combination", At(settings_.tls),
                   "the clients of a TCPMUX service come from tcpmux, which speaks TLS for it",
                   "write tls = yes in the service tcpmux");
    }
    for (const std::string_view name : kOfTls) {
      const Assignment* const from = FindAttribute(name)->field.from(settings_);
      if (Own(from)) {
        Error("bad-combination", from->place, std::string(name) + " needs tls = yes", "tls = yes");
      }
    }
    return;
  }
  tls_ = std::make_shared<TlsSpec>();
  CheckTlsKind();
  CheckTlsPairs();
  CheckTlsClients();
  CheckTlsRules();
  CheckTlsProtocols();
  CheckStartTls();
  if (settings_.tls_min_version) tls_->min_version = *settings_.tls_min_version;
  if (settings_.tls_sni) tls_->sni = *settings_.tls_sni;
  if (settings_.idle_timeout) tls_->idle = *settings_.idle_timeout;
  if (settings_.tls_handshake_timeout) {
    constexpr std::uint32_t kLongest = 3600;
    const std::uint32_t seconds = *settings_.tls_handshake_timeout;
    if (seconds == 0 || seconds > kLongest) {
      Error("bad-value", At(settings_.tls_handshake_timeout),
            "tls_handshake_timeout takes 1 to 3600 seconds", "tls_handshake_timeout = 30");
    }
    tls_->handshake = std::chrono::seconds(seconds);
  }
  spec_.tls = std::move(tls_);
}

void ServiceCheck::CheckTlsKind() {
  const Place place = At(settings_.tls);
  if (spec_.kind == ServiceKind::kInternal && spec_.builtin == Builtin::kSensor) {
    Error("bad-combination", place, "a sensor says nothing to anybody: there is no TLS to speak",
          "tls = no");
  } else if (spec_.socket_type != SocketType::kStream || spec_.wait) {
    Error("bad-combination", place,
          spec_.wait ? "tls = yes needs wait = no: this server accepts connections itself"
                     : "tls = yes needs socket_type = stream",
          "tls = no");
  }
  Banners& banners = spec_.banners;
  if (banners.always.empty() && banners.on_success.empty() && banners.on_failure.empty()) return;
  Warn("no-effect", place, "banners are not sent with tls = yes: they would precede the handshake");
  banners = {};
}

// They go together by their order.
void ServiceCheck::CheckTlsPairs() {
  const WrittenPaths certificates = settings_.tls_certificate.value.value_or(WrittenPaths());
  const WrittenPaths keys = settings_.tls_private_key.value.value_or(WrittenPaths());
  const WrittenPaths staples = settings_.tls_ocsp.value.value_or(WrittenPaths());
  Require(!certificates.empty(), "tls_certificate", "tls_certificate = FILE");
  Require(!keys.empty(), "tls_private_key", "tls_private_key = FILE");
  if (certificates.empty() || keys.empty()) return;
  if (certificates.size() != keys.size()) {
    return Error("bad-combination", At(settings_.tls_private_key),
                 "there are " + std::to_string(certificates.size()) + " certificates and " +
                     std::to_string(keys.size()) + " private keys: each needs its own, in order");
  }
  if (certificates.size() > TlsSpec::kMaxPairs) {
    return Error("bad-value", At(settings_.tls_certificate),
                 "more than " + std::to_string(TlsSpec::kMaxPairs) + " certificates");
  }
  if (staples.size() > certificates.size()) {
    return Error("bad-combination", At(settings_.tls_ocsp),
                 "there are more OCSP responses than certificates: they go together in order");
  }
  for (const WrittenPath& file : certificates) CheckFile(file);
  for (const WrittenPath& file : staples) CheckFile(file);
  for (const WrittenPath& file : keys) CheckPrivateKey(file);
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    tls_->pairs.push_back(
        {certificates[i], keys[i], i < staples.size() ? staples[i] : WrittenPath()});
  }
}

// Of one that we may not look at, whoever judges what it holds has more to say.
void ServiceCheck::CheckFile(const WrittenPath& file) {
  const SystemView::FileFacts facts = system_.Inspect(file.path);
  if (facts.kind == SystemView::FileFacts::Kind::kRegular || facts.denied) return;
  Error("unknown-path", file.at,
        "the file " + file.path +
            " cannot be used: " + (facts.error.empty() ? "not a file" : facts.error));
}

void ServiceCheck::CheckPrivateKey(const WrittenPath& file) {
  CheckFile(file);
  const SystemView::FileFacts facts = system_.Inspect(file.path);
  if (facts.kind != SystemView::FileFacts::Kind::kRegular) return;
  if ((facts.mode & (kForOthers | kWritableByGroup)) == 0) return;
  Error(
      "exposed-key", file.at,
      "the private key " + file.path + " may be read or written by others than its owner and group",
      "chmod 0600 " + file.path);
}

void ServiceCheck::CheckTlsClients() {
  if (settings_.tls_verify_client) tls_->verify = *settings_.tls_verify_client;
  if (settings_.tls_client_ca) tls_->client_ca = *settings_.tls_client_ca;
  if (settings_.tls_crl) tls_->crl = *settings_.tls_crl;
  const bool verifies = tls_->verify != TlsVerify::kNone;
  if (verifies && tls_->client_ca.path.empty()) {
    Error("missing-attribute", At(settings_.tls_verify_client),
          "without tls_client_ca no client's certificate can be verified", "tls_client_ca = FILE");
  }
  if (!verifies && (!tls_->client_ca.path.empty() || !tls_->crl.path.empty())) {
    Error("bad-combination",
          tls_->client_ca.path.empty() ? At(settings_.tls_crl) : At(settings_.tls_client_ca),
          "no client is asked for a certificate", "tls_verify_client = require");
  }
  for (const Setting<WrittenPath>* file : {&settings_.tls_client_ca, &settings_.tls_crl}) {
    if (*file) CheckFile(**file);
  }
}

void ServiceCheck::CheckTlsRules() {
  const auto compile = [](const Setting<Strings>& setting) {
    std::optional<std::vector<IdentityPattern>> list;
    if (!setting) return list;
    list.emplace();
    for (const std::string& word : *setting) {
      // Each was parsed when it was read.
      if (auto pattern = IdentityPattern::Parse(word)) list->push_back(std::move(*pattern));
    }
    return list;
  };
  tls_->rules = {compile(settings_.tls_only_from), compile(settings_.tls_no_access)};
  if (!tls_->rules.any() || tls_->verify != TlsVerify::kNone) return;
  Error("bad-combination",
        settings_.tls_only_from ? At(settings_.tls_only_from) : At(settings_.tls_no_access),
        "rules on client certificates need clients that are asked for one",
        "tls_verify_client = require");
}

void ServiceCheck::CheckStartTls() {
  if (settings_.starttls) tls_->starttls = *settings_.starttls;
  if (settings_.starttls_required) tls_->starttls_required = *settings_.starttls_required;
  if (settings_.starttls_required && !settings_.starttls) {
    Error("bad-combination", At(settings_.starttls_required),
          "starttls_required needs starttls = PROTOCOL");
  }
  if (settings_.starttls && spec_.kind == ServiceKind::kInternal) {
    Error("bad-combination", At(settings_.starttls),
          "no internal service has a dialogue in which TLS could be asked for", "remove the line");
  }
  const bool asks = tls_->rules.any() || tls_->verify == TlsVerify::kRequire;
  if (tls_->starttls_required || !asks) return;
  Error("bad-combination", At(settings_.starttls_required),
        "whoever does without TLS has no certificate, and this service asks for one",
        "starttls_required = yes");
}

void ServiceCheck::CheckTlsProtocols() {
  if (!settings_.tls_alpn) return;
  tls_->alpn = *settings_.tls_alpn;
  std::size_t length = 0;
  for (const std::string& name : tls_->alpn) length += 1 + name.size();
  const bool fits = std::ranges::all_of(
      tls_->alpn, [](const std::string& name) { return !name.empty() && name.size() < 64; });
  if (fits && length <= TlsSpec::kMaxAlpn) return;
  Error("bad-value", At(settings_.tls_alpn),
        "a protocol has 1 to 63 bytes, and all together 256 with one more for each (RFC 7301)");
}

}  // namespace postern::policy
