// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/private_key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "daemon/free_by.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// More than it takes to decode the largest key, and to keep it.
constexpr std::size_t kRoomForKey = 32 * 1024;
constexpr int kFewestBits = 2048, kMostBits = 8192;

using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;

// No phrase is ever asked for: an encrypted key is an unreadable one.
int NoPhrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// The file, where keys may lie.
class FileBytes {
 public:
  explicit FileBytes(const sys::UniqueFd& file)
      : bytes_(static_cast<std::byte*>(OPENSSL_secure_malloc(kMaxKeyFile))) {
    while (bytes_ != nullptr && length_ < kMaxKeyFile) {
      const auto count =
          sys::ReadAt(file, length_, std::span(bytes_, kMaxKeyFile).subspan(length_));
      if (!count) break;
      length_ += *count;
      whole_ = *count == 0;
      if (whole_) break;
    }
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() { OPENSSL_secure_clear_free(bytes_, kMaxKeyFile); }

  bool held() const { return bytes_ != nullptr; }
  // Whether that is all of it: nobody has looked at the rest.
  bool whole() const { return whole_; }

  // Of any kind, encrypted ones included (RFC 7468 sections 10 and 11, and OpenSSL's own).
  bool HoldPrivateKey() const {
    const std::string_view text(reinterpret_cast<const char*>(bytes_), length_);
    return text.contains("PRIVATE KEY-----");
  }

  Bio Open() const { return Bio(BIO_new_mem_buf(bytes_, static_cast<int>(length_))); }

 private:
  std::byte* bytes_;
  std::size_t length_ = 0;
  bool whole_ = false;
};

bool HasRoomForKey() {
  void* const room = OPENSSL_secure_malloc(kRoomForKey);
  OPENSSL_secure_free(room);
  return room != nullptr;
}

bool IsSupportedCurve(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return false;
  const std::string_view name(group.data(), length);
  return name == "prime256v1" || name == "P-256" || name == "secp384r1" || name == "P-384" ||
         name == "secp521r1" || name == "P-521";
}

void JudgeKind(const EVP_PKEY* key, FlawSet<KeyFlaw>& flaws) {
  if (EVP_PKEY_is_a(key, "RSA") != 0 || EVP_PKEY_is_a(key, "RSA-PSS") != 0) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < kFewestBits || bits > kMostBits) flaws.Add(KeyFlaw::kWeakKey);
  } else if (EVP_PKEY_is_a(key, "ED25519") == 0 &&
             (EVP_PKEY_is_a(key, "EC") == 0 || !IsSupportedCurve(key))) {
    flaws.Add(KeyFlaw::kUnsupportedKey);
  }
}

Certificate ReadCertificate(const sys::UniqueFd& file, FlawSet<KeyFlaw>& flaws) {
  const FileBytes bytes(file);
  if (!bytes.held()) {
    flaws.Add(KeyFlaw::kNoRoom);
    return nullptr;
  }
  if (bytes.HoldPrivateKey()) flaws.Add(KeyFlaw::kKeyInCertificate);
  Certificate certificate(PEM_read_bio_X509(bytes.Open().get(), nullptr, &NoPhrase, nullptr));
  ERR_clear_error();
  if (!certificate || !bytes.whole()) flaws.Add(KeyFlaw::kUnreadableCertificate);
  return certificate;
}

// OpenSSL calls a key unreadable for which there is no memory.
Key ReadKey(const sys::UniqueFd& file, FlawSet<KeyFlaw>& flaws) {
  const FileBytes bytes(file);
  if (!bytes.held() || !HasRoomForKey()) {
    flaws.Add(KeyFlaw::kNoRoom);
    return nullptr;
  }
  Key key(PEM_read_bio_PrivateKey(bytes.Open().get(), nullptr, &NoPhrase, nullptr));
  ERR_clear_error();
  if (!key || !bytes.whole()) flaws.Add(KeyFlaw::kUnreadableKey);
  return key;
}

// Of the key, or else of the public half that the certificate has of it.
void JudgePair(const EVP_PKEY* key, const X509* certificate, FlawSet<KeyFlaw>& flaws) {
  const EVP_PKEY* const half = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate);
  const EVP_PKEY* const known = key != nullptr ? key : half;
  if (known != nullptr) JudgeKind(known, flaws);
  const bool both = key != nullptr && certificate != nullptr;
  if (both && X509_check_private_key(certificate, key) != 1) flaws.Add(KeyFlaw::kMismatch);
  ERR_clear_error();
}

bool SetPadding(EVP_PKEY_CTX* context, SignatureFamily family) {
  if (family == SignatureFamily::kRsaPkcs1) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
  }
  if (family != SignatureFamily::kRsaPss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

}  // namespace

void PrivateKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::expected<PrivateKey, FlawSet<KeyFlaw>> PrivateKey::Load(
    const sys::UniqueFd& key_file, const sys::UniqueFd& certificate_file) {
  FlawSet<KeyFlaw> flaws;
  const Certificate certificate = ReadCertificate(certificate_file, flaws);
  Key key = ReadKey(key_file, flaws);
  JudgePair(key.get(), certificate.get(), flaws);
  if (!flaws.empty()) return std::unexpected(flaws);
  return PrivateKey(key.release());
}

FlawSet<KeyFlaw> PrivateKey::JudgeWithout(const sys::UniqueFd& certificate_file) {
  FlawSet<KeyFlaw> flaws;
  const Certificate certificate = ReadCertificate(certificate_file, flaws);
  JudgePair(nullptr, certificate.get(), flaws);
  return flaws;
}

bool PrivateKey::Fits(const SignatureAlgorithm& algorithm, SignedThing thing) const {
  const bool tls13 = thing == SignedThing::kCertificateVerify;
  switch (algorithm.family) {
    case SignatureFamily::kRsaPkcs1:  // in TLS 1.2 alone (RFC 8446 section 4.2.3)
      return !tls13 && EVP_PKEY_is_a(key_.get(), "RSA") != 0;
    case SignatureFamily::kRsaPss:
      return EVP_PKEY_is_a(key_.get(), algorithm.pss_key ? "RSA-PSS" : "RSA") != 0;
    case SignatureFamily::kEcdsa:
      if (EVP_PKEY_is_a(key_.get(), "EC") == 0) return false;
      return !tls13 ||
             static_cast<std::uint32_t>(EVP_PKEY_get_bits(key_.get())) == algorithm.curve_bits;
    case SignatureFamily::kEdDsa:
      return EVP_PKEY_is_a(key_.get(), "ED25519") != 0;
  }
  return false;
}

void PrivateKey::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

// Once for each algorithm: to look for it by its name takes a third as long as to sign.
const PrivateKey::Begun& PrivateKey::Begin(const SignatureAlgorithm& algorithm) {
  Begun& begun = begun_[algorithm.scheme];
  if (begun) return begun;
  Begun context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // the digest context's own
  const bool good = context &&
                    EVP_DigestSignInit_ex(context.get(), &parameters, algorithm.digest, nullptr,
                                          nullptr, key_.get(), nullptr) > 0 &&
                    SetPadding(parameters, algorithm.family);
  if (good) begun = std::move(context);
  return begun;
}

std::vector<std::uint8_t> PrivateKey::Sign(const SignatureAlgorithm& algorithm, SignedThing thing,
                                           std::span<const std::uint8_t> message) {
  if (!Fits(algorithm, thing)) return {};
  const Begun& begun = Begin(algorithm);
  const DigestContext context(EVP_MD_CTX_new());
  std::vector<std::uint8_t> signature(kMaxSignature);
  std::size_t length = signature.size();
  bool made = begun && context && EVP_MD_CTX_copy_ex(context.get(), begun.get()) == 1;
  if (made) {
    EVP_MD_CTX_set_flags(context.get(), EVP_MD_CTX_FLAG_FINALISE);  // it signs once
    made = EVP_DigestSign(context.get(), signature.data(), &length, message.data(),
                          message.size()) > 0;
  }
  ERR_clear_error();
  signature.resize(made ? length : 0);
  return signature;
}

bool PrepareToSign() {
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) return false;
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), random.size()) != 1) return false;
  const Key key(EVP_EC_gen("P-256"));
  if (!key) return false;
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> signature{};
  std::size_t length = signature.size();
  return context &&
         EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(),
                               nullptr) > 0 &&
         EVP_DigestSign(context.get(), signature.data(), &length, random.data(), random.size()) > 0;
}

}  // namespace postern::daemon
