// SPDX-License-Identifier: BSD-2-Clause
#include "policy/proxy/plain_tlvs.h"

#include <algorithm>

#include "policy/address/host_name.h"
#include "policy/base/text.h"

namespace postern::policy {
namespace {

bool IsHostName(std::string_view text) { return CheckHostName(text).problem.empty(); }

bool IsWord(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
  });
}

std::string_view If(bool (*is_right)(std::string_view), std::string_view text) {
  return is_right(text) ? text : std::string_view();
}

std::optional<ProxySsl> PlainSsl(const std::optional<ProxySsl>& ssl) {
  if (!ssl || (ssl->client & ProxySsl::kTls) == 0) return std::nullopt;
  ProxySsl plain;
  plain.client = ssl->client & (ProxySsl::kTls | ProxySsl::kCertificate);
  plain.verify = ssl->verify;
  plain.version = If(IsWord, ssl->version);
  plain.cipher = If(IsWord, ssl->cipher);
  plain.signature_algorithm = If(IsWord, ssl->signature_algorithm);
  plain.key_algorithm = If(IsWord, ssl->key_algorithm);
  if ((ssl->client & ProxySsl::kCertificate) != 0) {
    plain.common_name = If(IsPrintable, ssl->common_name);
  }
  return plain;
}

}  // namespace

ProxyTlvs PlainTlvs(const ProxyTlvs& tlvs) {
  ProxyTlvs plain;
  plain.alpn = If(IsPrintable, tlvs.alpn);
  plain.authority = If(IsHostName, tlvs.authority);
  plain.unique_id = tlvs.unique_id;
  plain.ssl = PlainSsl(tlvs.ssl);
  return plain;
}

}  // namespace postern::policy
