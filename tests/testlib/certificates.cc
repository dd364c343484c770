// SPDX-License-Identifier: BSD-2-Clause
#include "tests/testlib/certificates.h"

#include <openssl/bio.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace postern::testlib {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

EVP_PKEY* MakeRsa(const char* name, int bits) {
  EVP_PKEY* key = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr);
  Require(EVP_PKEY_keygen_init(context) > 0);
  Require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) > 0);
  Require(EVP_PKEY_generate(context, &key) > 0);
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY* MakeKey(const std::string& kind) {
  if (kind.starts_with("RSA:")) return MakeRsa("RSA", std::stoi(kind.substr(4)));
  if (kind == "RSA-PSS") return MakeRsa("RSA-PSS", 2048);
  if (kind == "ED25519") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  return EVP_EC_gen(kind.c_str());
}

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

template <typename Write>
std::string Written(const Write& write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  Require(write(memory) == 1);
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(length));
  BIO_free(memory);
  return text;
}

}  // namespace

Certificate::Certificate(const CertificateWish& wish, const Certificate* issuer)
    : key_(MakeKey(wish.kind)), certificate_(X509_new()) {
  Require(key_ != nullptr);
  X509* const certificate = certificate_.get();
  X509_set_version(certificate, 2);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until);
  X509_set_pubkey(certificate, key_.get());
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.data()),
                             static_cast<int>(wish.common_name.size()), -1, 0);
  X509* const signer = issuer == nullptr ? certificate : issuer->certificate();
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  if (wish.authority) AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (!wish.purpose.empty()) AddExtension(certificate, NID_ext_key_usage, wish.purpose);
  std::string names;
  for (const std::string& name : wish.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) AddExtension(certificate, NID_subject_alt_name, names);
  EVP_PKEY* const signing = issuer == nullptr ? key_.get() : issuer->key();
  const bool no_digest = EVP_PKEY_is_a(signing, "ED25519") != 0;
  const EVP_MD* const digest = wish.sha1 ? EVP_sha1() : EVP_sha256();
  Require(X509_sign(certificate, signing, no_digest ? nullptr : digest) > 0);
}

std::string Certificate::key_pem() const {
  return Written([this](BIO* memory) {
    return PEM_write_bio_PrivateKey(memory, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string Certificate::pem() const {
  return Written([this](BIO* memory) { return PEM_write_bio_X509(memory, certificate_.get()); });
}

std::string Certificate::der() const {
  return Written([this](BIO* memory) { return i2d_X509_bio(memory, certificate_.get()); });
}

std::string StapleOf(const Certificate& certificate, const Certificate& authority, long until,
                     std::size_t padding) {
  OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
  OCSP_CERTID* const id =
      OCSP_cert_to_id(EVP_sha1(), certificate.certificate(), authority.certificate());
  ASN1_TIME* const begin = X509_gmtime_adj(nullptr, -7200);
  ASN1_TIME* const end = X509_gmtime_adj(nullptr, until);
  Require(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, begin, end) !=
          nullptr);
  std::string nonce(padding, 'n');
  if (padding != 0) {
    Require(OCSP_basic_add1_nonce(basic, reinterpret_cast<unsigned char*>(nonce.data()),
                                  static_cast<int>(padding)) == 1);
  }
  Require(OCSP_basic_sign(basic, authority.certificate(), authority.key(), EVP_sha256(), nullptr,
                          0) == 1);
  OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* bytes = nullptr;
  const int length = i2d_OCSP_RESPONSE(response, &bytes);
  Require(length > 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(response);
  ASN1_TIME_free(end);
  ASN1_TIME_free(begin);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  return der;
}

std::string RevocationListOf(const Certificate& authority, long until) {
  X509_CRL* const list = X509_CRL_new();
  X509_CRL_set_version(list, 1);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(authority.certificate()));
  ASN1_TIME* const time = ASN1_TIME_new();
  X509_gmtime_adj(time, -60);
  X509_CRL_set1_lastUpdate(list, time);
  X509_gmtime_adj(time, until);
  X509_CRL_set1_nextUpdate(list, time);
  ASN1_TIME_free(time);
  Require(X509_CRL_sign(list, authority.key(), EVP_sha256()) > 0);
  const std::string text =
      Written([list](BIO* memory) { return PEM_write_bio_X509_CRL(memory, list); });
  X509_CRL_free(list);
  return text;
}

}  // namespace postern::testlib
