// SPDX-License-Identifier: BSD-2-Clause
// What is wrong with the certificates and keys of services, in the words of `postern check`.
//
// posternd has the files judged, by postern-keys and postern-tls, which alone know OpenSSL;
// `posternd --judge-tls` tells the flaws, a line each, and `postern check` reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/base/diagnostic.h"
#include "policy/service/configuration.h"

namespace postern::policy::check {

// The kinds; KeepsDown() says of which the service stays down.
inline constexpr std::string_view kBadPrivateKey = "bad-private-key";
inline constexpr std::string_view kKeyMismatch = "key-mismatch";
inline constexpr std::string_view kBadCertificate = "bad-certificate";
inline constexpr std::string_view kCertificateExpired = "certificate-expired";
inline constexpr std::string_view kCertificateNotYetValid = "certificate-not-yet-valid";
inline constexpr std::string_view kBadClientCa = "bad-client-ca";
inline constexpr std::string_view kBadCrl = "bad-crl";
inline constexpr std::string_view kBadOcsp = "bad-ocsp";
inline constexpr std::string_view kBadTlsSettings = "bad-tls-settings";
inline constexpr std::string_view kExposedKey = "exposed-key";
inline constexpr std::string_view kUnknownPath = "unknown-path";
inline constexpr std::string_view kCertificateExpiresSoon = "certificate-expires-soon";
inline constexpr std::string_view kChainNotInForce = "chain-not-in-force";
inline constexpr std::string_view kTlsNotJudged = "tls-not-judged";  // by whoever asks

// Which of a service's files a flaw is of; kService: of none of them.
enum class TlsFile : std::uint8_t {
  kService,
  kCertificate,
  kPrivateKey,
  kStaple,
  kClientCa,
  kRevocations,
};

struct TlsFlaw {
  std::string service;  // its id
  std::string_view code;
  TlsFile file = TlsFile::kService;
  std::size_t pair = 0;  // of the first three files: which, counted from 0
  std::string text;
};

// Whether the service stays down for it, or keeps the certificates it has.
bool KeepsDown(const TlsFlaw& flaw);

// Where the configuration names the file.
Place PlaceOf(const ServiceSpec& spec, const TlsFlaw& flaw);

// "FILE:LINE:COL: service ID[ CONSEQUENCE]: TEXT"
std::string LineOf(const ServiceSpec& spec, const TlsFlaw& flaw, std::string_view consequence);

// Null when there is none of that id.
const ServiceSpec* FindService(const Configuration& configuration, std::string_view id);

// "SERVICE CODE ATTRIBUTE PAIR TEXT", PAIR counted from 1; no text has a line end of its own.
std::string WriteTlsFlaws(const std::vector<TlsFlaw>& flaws);
// With their places in the files. The error is a line that is not of that form.
std::expected<Diagnostics, std::string> ReadTlsFlaws(std::string_view lines,
                                                     const Configuration& configuration);

// For each service that speaks TLS.
Diagnostics TlsNotJudged(const Configuration& configuration, const std::string& why);

}  // namespace postern::policy::check
