// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/credential.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "daemon/tls/chain_times.h"
#include "daemon/tls/key_provider.h"

namespace postern::daemon {
namespace {

using Response = std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;
using CertificateId = std::unique_ptr<OCSP_CERTID, FreeBy<OCSP_CERTID_free>>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, FreeBy<OCSP_BASICRESP_free>>;

std::string TextOf(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// RFC 6960 section 4.1.1: a certificate goes by its serial and its issuer's name and key. Without
// the issuer (null), whose key is not to be had then, the first two decide.
bool IsAbout(OCSP_CERTID* id, const X509* certificate, const X509* issuer) {
  ASN1_OCTET_STRING* name = nullptr;
  ASN1_OBJECT* algorithm = nullptr;
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(&name, &algorithm, nullptr, &serial, id);
  const EVP_MD* const digest = EVP_get_digestbyobj(algorithm);
  if (digest == nullptr) return false;
  if (issuer != nullptr) {
    const CertificateId own(OCSP_cert_to_id(digest, certificate, issuer));
    return own && OCSP_id_cmp(own.get(), id) == 0;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  return X509_NAME_digest(X509_get_issuer_name(certificate), digest, hash.data(), &length) == 1 &&
         TextOf(name) == std::string(hash.begin(), hash.begin() + length) &&
         ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0;
}

// The answer about the certificate that says "good"; null for any other.
const OCSP_SINGLERESP* GoodAnswer(OCSP_BASICRESP* response, const X509* certificate,
                                  const X509* issuer) {
  for (int i = 0; i < OCSP_resp_count(response); ++i) {
    OCSP_SINGLERESP* const one = OCSP_resp_get0(response, i);
    auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(one));
    if (!IsAbout(id, certificate, issuer)) continue;
    const int status = OCSP_single_get0_status(one, nullptr, nullptr, nullptr, nullptr);
    return status == V_OCSP_CERTSTATUS_GOOD ? one : nullptr;
  }
  return nullptr;
}

std::string FirstName(const X509* certificate) {
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) return TextOf(name->d.dNSName);
  }
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? "" : TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace

std::optional<Credential> Credential::Load(KeyIndex key, const sandbox::sys::UniqueFd& certificates,
                                           const sandbox::sys::UniqueFd* staple, bool judged,
                                           WireCredential& found) {
  Credential loaded;
  loaded.chain_ = ReadCertificates(certificates);
  if (loaded.chain_.empty()) {
    found.flaws.Add(CredentialFlaw::kUnreadable);
    return std::nullopt;
  }
  loaded.certificate_ = std::move(loaded.chain_.front());
  loaded.chain_.erase(loaded.chain_.begin());
  loaded.name_ = FirstName(loaded.certificate_.get());
  loaded.links_.reset(sk_X509_new_null());
  for (const Certificate& link : loaded.chain_) sk_X509_push(loaded.links_.get(), link.get());
  if (!judged) JudgeTimes(loaded.certificate_.get(), loaded.chain_, found);
  const auto bad_staple = staple != nullptr ? loaded.LoadStaple(*staple, judged) : std::nullopt;
  if (bad_staple) found.flaws.Add(*bad_staple);
  const EVP_PKEY* const public_key = X509_get0_pubkey(loaded.certificate_.get());
  if (public_key != nullptr) loaded.key_.reset(MakeRemoteKey(key, public_key));
  ERR_clear_error();
  if (loaded.key_) return loaded;
  found.flaws.Add(CredentialFlaw::kUnusable);
  return std::nullopt;
}

const X509* Credential::Issuer() const {
  const auto issued = [this](const Certificate& link) {
    return X509_check_issued(link.get(), certificate_.get()) == X509_V_OK;
  };
  const auto found = std::ranges::find_if(chain_, issued);
  return found == chain_.end() ? nullptr : found->get();
}

// Clients verify its signature; here it only has to be of use to them.
std::optional<CredentialFlaw> Credential::LoadStaple(const sandbox::sys::UniqueFd& file,
                                                     bool judged) {
  auto bytes = ReadWhole(file);
  if (!bytes) return CredentialFlaw::kBadStaple;
  if (bytes->size() > kMaxStaple) return CredentialFlaw::kLongStaple;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes->data());
  const Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(bytes->size())));
  const bool whole = response && OCSP_response_status(response.get()) == 0;
  const BasicResponse basic(whole ? OCSP_response_get1_basic(response.get()) : nullptr);
  const OCSP_SINGLERESP* const answer =
      basic ? GoodAnswer(basic.get(), certificate_.get(), Issuer()) : nullptr;
  ERR_clear_error();
  if (answer == nullptr) return CredentialFlaw::kBadStaple;
  ASN1_GENERALIZEDTIME* until = nullptr;
  OCSP_single_get0_status(const_cast<OCSP_SINGLERESP*>(answer), nullptr, nullptr, nullptr, &until);
  if (until != nullptr) staple_until_.reset(ASN1_STRING_dup(until));
  staple_ = std::move(*bytes);
  if (!judged && staple().empty()) return CredentialFlaw::kBadStaple;  // its time is over
  return std::nullopt;
}

const std::string& Credential::staple() const {
  static const std::string kNone;
  const bool over = staple_until_ && X509_cmp_current_time(staple_until_.get()) <= 0;
  return over ? kNone : staple_;
}

bool Credential::IsFor(const std::string& host) const {
  return X509_check_host(certificate_.get(), host.data(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

int Credential::kind() const { return EVP_PKEY_get_base_id(X509_get0_pubkey(certificate_.get())); }

bool Credential::Install(SSL* connection) const {
  return SSL_use_cert_and_key(connection, certificate_.get(), key_.get(), links_.get(), 1) == 1;
}

bool Credential::Install(SSL_CTX* context) const {
  return SSL_CTX_use_cert_and_key(context, certificate_.get(), key_.get(), links_.get(), 1) == 1;
}

}  // namespace postern::daemon
