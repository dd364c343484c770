// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/pem_file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <span>

#include "daemon/tls_protocol.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// PEM_read_bio_… ends with PEM_R_NO_START_LINE where nothing more follows; anything else is a part
// that cannot be read.
template <typename Owned, typename Read>
std::vector<Owned> ReadEach(const sys::UniqueFd& file, const Read& read) {
  auto text = ReadWhole(file);
  if (!text) return {};
  if (text->contains("PRIVATE KEY-----")) {
    OPENSSL_cleanse(text->data(), text->size());
    return {};
  }
  const std::unique_ptr<BIO, FreeBy<BIO_free>> source(
      BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  std::vector<Owned> found;
  for (;;) {
    ERR_clear_error();
    Owned next(read(source.get()));
    if (!next) break;
    found.push_back(std::move(next));
  }
  const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return whole ? std::move(found) : std::vector<Owned>();
}

}  // namespace

std::optional<std::string> ReadWhole(const sys::UniqueFd& file) {
  std::string text;
  std::array<std::byte, 16384> piece;
  for (;;) {
    const auto count = sys::ReadAt(file, text.size(), piece);
    if (!count || text.size() + *count > kMaxPemFile) return std::nullopt;
    if (*count == 0) return text;
    text.append(reinterpret_cast<const char*>(piece.data()), *count);
  }
}

std::vector<Certificate> ReadCertificates(const sys::UniqueFd& file) {
  return ReadEach<Certificate>(
      file, [](BIO* source) { return PEM_read_bio_X509(source, nullptr, nullptr, nullptr); });
}

std::vector<RevocationList> ReadRevocationLists(const sys::UniqueFd& file) {
  return ReadEach<RevocationList>(
      file, [](BIO* source) { return PEM_read_bio_X509_CRL(source, nullptr, nullptr, nullptr); });
}

}  // namespace postern::daemon
