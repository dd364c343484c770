// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/key_provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/free_by.h"

namespace postern::daemon {
namespace {

constexpr char kName[] = "postern";
constexpr char kIndex[] = "postern-index";
constexpr char kPublicKey[] = "postern-public-key";

using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

RemoteSigner* the_signer = nullptr;  // a provider's functions are given nothing of ours

struct RemoteKey {
  KeyIndex index = 0;
  Key public_key;
};

struct Signing {
  const RemoteKey* key = nullptr;
  std::uint32_t digest_bits = 0;  // 0: the algorithm has its own
  bool pss = false;
};

// ---- Keys (provider-keymgmt(7)) ----

RemoteKey* AsKey(void* key) { return static_cast<RemoteKey*>(key); }
const RemoteKey* AsKey(const void* key) { return static_cast<const RemoteKey*>(key); }

void* NewKey(void* /*provider*/) { return std::make_unique<RemoteKey>().release(); }

void FreeKey(void* key) { const std::unique_ptr<RemoteKey> gone(AsKey(key)); }

int HasPart(const void* key, int /*selection*/) { return AsKey(key)->public_key ? 1 : 0; }

int ImportKey(void* key, int /*selection*/, const OSSL_PARAM params[]) {
  const OSSL_PARAM* const index = OSSL_PARAM_locate_const(params, kIndex);
  const OSSL_PARAM* const public_key = OSSL_PARAM_locate_const(params, kPublicKey);
  if (index == nullptr || public_key == nullptr) return 0;  // somebody else's key
  if (OSSL_PARAM_get_uint32(index, &AsKey(key)->index) != 1) return 0;
  const auto* bytes = static_cast<const unsigned char*>(public_key->data);
  AsKey(key)->public_key.reset(
      d2i_PUBKEY(nullptr, &bytes, static_cast<long>(public_key->data_size)));
  return AsKey(key)->public_key ? 1 : 0;
}

const OSSL_PARAM* ImportTypes(int /*selection*/) {
  static const OSSL_PARAM kTypes[] = {OSSL_PARAM_uint32(kIndex, nullptr),
                                      OSSL_PARAM_octet_string(kPublicKey, nullptr, 0),
                                      OSSL_PARAM_END};
  return kTypes;
}

// The public half alone, for the comparison with a certificate.
int ExportKey(void* key, int selection, OSSL_CALLBACK* take, void* argument) {
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  OSSL_PARAM* params = nullptr;
  if (EVP_PKEY_todata(AsKey(key)->public_key.get(), EVP_PKEY_PUBLIC_KEY, &params) != 1) return 0;
  const int taken = take(params, argument);
  OSSL_PARAM_free(params);
  return taken;
}

int GetKeyParams(void* key, OSSL_PARAM params[]) {
  return EVP_PKEY_get_params(AsKey(key)->public_key.get(), params);
}

const OSSL_PARAM* GettableKeyParams(void* /*provider*/) {
  static const OSSL_PARAM kParams[] = {
      OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
      OSSL_PARAM_END};
  return kParams;
}

// ---- Signatures (provider-signature(7)) ----

Signing* AsSigning(void* context) { return static_cast<Signing*>(context); }

void* NewSigning(void* /*provider*/, const char* /*properties*/) {
  return std::make_unique<Signing>().release();
}

void FreeSigning(void* context) { const std::unique_ptr<Signing> gone(AsSigning(context)); }

void* CopySigning(void* context) {
  return std::make_unique<Signing>(*AsSigning(context)).release();
}

std::uint32_t DigestBits(const char* name) {
  const std::string_view digest = name == nullptr ? "" : name;
  for (const std::uint32_t bits : {256U, 384U, 512U}) {
    if (digest.ends_with(std::to_string(bits))) return bits;
  }
  return 0;
}

int SetSigningParams(void* context, const OSSL_PARAM params[]) {
  if (params == nullptr) return 1;
  const OSSL_PARAM* const mode = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (mode == nullptr) return 1;
  if (mode->data_type == OSSL_PARAM_UTF8_STRING) {
    AsSigning(context)->pss =
        std::string_view(static_cast<const char*>(mode->data)) == OSSL_PKEY_RSA_PAD_MODE_PSS;
    return 1;
  }
  constexpr int kPss = 6;  // RSA_PKCS1_PSS_PADDING
  int number = 0;
  if (OSSL_PARAM_get_int(mode, &number) != 1) return 0;
  AsSigning(context)->pss = number == kPss;
  return 1;
}

// The salt is always as long as the digest, which is what TLS has and all that is asked for.
const OSSL_PARAM* SettableSigningParams(void* /*context*/, void* /*provider*/) {
  static const OSSL_PARAM kParams[] = {
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, nullptr, 0), OSSL_PARAM_END};
  return kParams;
}

int BeginSigning(void* context, const char* digest, void* key, const OSSL_PARAM params[]) {
  *AsSigning(context) = Signing{AsKey(key), DigestBits(digest), false};
  return SetSigningParams(context, params);
}

// SignatureScheme, RFC 8446 section 4.2.3; 0 for what it does not have.
std::uint32_t SchemeOf(const Signing& signing) {
  const EVP_PKEY* const key = signing.key->public_key.get();
  if (EVP_PKEY_is_a(key, "ED25519") != 0) return 0x0807;
  if (signing.digest_bits == 0) return 0;
  const std::uint32_t nth = signing.digest_bits / 128 - 2;  // of SHA-256, SHA-384, SHA-512
  if (EVP_PKEY_is_a(key, "EC") != 0) return 0x0403 + nth * 0x100;
  if (EVP_PKEY_is_a(key, "RSA-PSS") != 0) return 0x0809 + nth;
  return signing.pss ? 0x0804 + nth : 0x0401 + nth * 0x100;
}

int SignMessage(void* context, unsigned char* signature, std::size_t* length, std::size_t room,
                const unsigned char* message, std::size_t message_length) {
  const Signing& signing = *AsSigning(context);
  if (signature == nullptr) {
    *length = static_cast<std::size_t>(EVP_PKEY_get_size(signing.key->public_key.get()));
    return 1;
  }
  const auto made =
      the_signer->Sign(signing.key->index, SchemeOf(signing), {message, message_length});
  if (made.empty() || made.size() > room) return 0;
  std::ranges::copy(made, signature);
  *length = made.size();
  return 1;
}

// ---- The provider (provider-base(7)) ----

template <typename Function>
OSSL_DISPATCH Row(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_ALGORITHM* KeyAlgorithms() {
  static const OSSL_DISPATCH kFunctions[] = {
      Row(OSSL_FUNC_KEYMGMT_NEW, NewKey),
      Row(OSSL_FUNC_KEYMGMT_FREE, FreeKey),
      Row(OSSL_FUNC_KEYMGMT_HAS, HasPart),
      Row(OSSL_FUNC_KEYMGMT_IMPORT, ImportKey),
      Row(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, ImportTypes),
      Row(OSSL_FUNC_KEYMGMT_EXPORT, ExportKey),
      Row(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, ImportTypes),
      Row(OSSL_FUNC_KEYMGMT_GET_PARAMS, GetKeyParams),
      Row(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, GettableKeyParams),
      {0, nullptr}};
  static const OSSL_ALGORITHM kAlgorithms[] = {
      {"RSA:rsaEncryption", "provider=postern", kFunctions, nullptr},
      {"RSA-PSS:RSASSA-PSS", "provider=postern", kFunctions, nullptr},
      {"EC:id-ecPublicKey", "provider=postern", kFunctions, nullptr},
      {"ED25519", "provider=postern", kFunctions, nullptr},
      {nullptr, nullptr, nullptr, nullptr}};
  return kAlgorithms;
}

const OSSL_ALGORITHM* SignatureAlgorithms() {
  static const OSSL_DISPATCH kFunctions[] = {
      Row(OSSL_FUNC_SIGNATURE_NEWCTX, NewSigning),
      Row(OSSL_FUNC_SIGNATURE_FREECTX, FreeSigning),
      Row(OSSL_FUNC_SIGNATURE_DUPCTX, CopySigning),
      Row(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, BeginSigning),
      Row(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, SignMessage),
      Row(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, SetSigningParams),
      Row(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, SettableSigningParams),
      {0, nullptr}};
  // By the first names of the keys, which is where a signature for them is looked for.
  static const OSSL_ALGORITHM kAlgorithms[] = {{"RSA", "provider=postern", kFunctions, nullptr},
                                               {"RSA-PSS", "provider=postern", kFunctions, nullptr},
                                               {"EC", "provider=postern", kFunctions, nullptr},
                                               {"ED25519", "provider=postern", kFunctions, nullptr},
                                               {nullptr, nullptr, nullptr, nullptr}};
  return kAlgorithms;
}

const OSSL_ALGORITHM* Query(void* /*provider*/, int operation, int* no_store) {
  *no_store = 0;
  if (operation == OSSL_OP_KEYMGMT) return KeyAlgorithms();
  return operation == OSSL_OP_SIGNATURE ? SignatureAlgorithms() : nullptr;
}

int Init(const OSSL_CORE_HANDLE* /*handle*/, const OSSL_DISPATCH* /*core*/,
         const OSSL_DISPATCH** functions, void** provider) {
  static const OSSL_DISPATCH kFunctions[] = {Row(OSSL_FUNC_PROVIDER_QUERY_OPERATION, Query),
                                             {0, nullptr}};
  *functions = kFunctions;
  *provider = &the_signer;
  return 1;
}

}  // namespace

bool LoadKeyProvider(RemoteSigner& signer) {
  the_signer = &signer;
  // Let go before OpenSSL clears up at exit: its handler is older than these.
  using Provider = std::unique_ptr<OSSL_PROVIDER, FreeBy<OSSL_PROVIDER_unload>>;
  static const bool kReady = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1 &&
                             OSSL_PROVIDER_add_builtin(nullptr, kName, Init) == 1;
  static const Provider kDefault(kReady ? OSSL_PROVIDER_load(nullptr, "default") : nullptr);
  static const Provider kOwn(kDefault ? OSSL_PROVIDER_load(nullptr, kName) : nullptr);
  return kOwn != nullptr;
}

EVP_PKEY* MakeRemoteKey(KeyIndex index, const EVP_PKEY* public_key) {
  unsigned char* bytes = nullptr;
  const int length = i2d_PUBKEY(public_key, &bytes);
  if (length <= 0) return nullptr;
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_uint32(kIndex, &index),
      OSSL_PARAM_construct_octet_string(kPublicKey, bytes, static_cast<std::size_t>(length)),
      OSSL_PARAM_construct_end()};
  const char* kind = EVP_PKEY_get0_type_name(public_key);
  const std::unique_ptr<EVP_PKEY_CTX, FreeBy<EVP_PKEY_CTX_free>> context(
      kind == nullptr ? nullptr : EVP_PKEY_CTX_new_from_name(nullptr, kind, "provider=postern"));
  EVP_PKEY* key = nullptr;
  const bool made = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR,
                                      const_cast<OSSL_PARAM*>(params)) == 1;
  OPENSSL_free(bytes);
  return made ? key : nullptr;
}

}  // namespace postern::daemon
