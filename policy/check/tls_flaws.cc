// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/tls_flaws.h"

#include <algorithm>
#include <array>

#include "policy/base/text.h"
#include "policy/check/finding_table.h"

namespace postern::policy::check {
namespace {

// By the attribute that names it.
constexpr std::array<std::string_view, 6> kFiles = {
    "tls", "tls_certificate", "tls_private_key", "tls_ocsp", "tls_client_ca", "tls_crl"};

const WrittenPath* FileOf(const TlsSpec& tls, const TlsFlaw& flaw) {
  const TlsSpec::Pair* const pair = flaw.pair < tls.pairs.size() ? &tls.pairs[flaw.pair] : nullptr;
  switch (flaw.file) {
    case TlsFile::kService:
      return nullptr;
    case TlsFile::kCertificate:
      return pair == nullptr ? nullptr : &pair->certificate;
    case TlsFile::kPrivateKey:
      return pair == nullptr ? nullptr : &pair->private_key;
    case TlsFile::kStaple:
      return pair == nullptr ? nullptr : &pair->staple;
    case TlsFile::kClientCa:
      return &tls.client_ca;
    case TlsFile::kRevocations:
      break;
  }
  return &tls.crl;
}

Diagnostic FindingOf(const ServiceSpec& spec, const FindingKind& kind, const Place& place,
                     std::string_view text) {
  return {.severity = kind.severity,
          .code = std::string(kind.id),
          .where = place.where,
          .message = "service " + spec.id + ": " + std::string(text),
          .fix = {},
          .source_line = place.source_line};
}

// Takes what is before the next `end` off `rest`; false when there is none.
bool Take(std::string_view& rest, char end, std::string_view& word) {
  const std::size_t length = rest.find(end);
  if (length == std::string_view::npos) return false;
  word = rest.substr(0, length);
  rest.remove_prefix(length + 1);
  return true;
}

}  // namespace

bool KeepsDown(const TlsFlaw& flaw) {
  return flaw.code != kCertificateExpiresSoon && flaw.code != kChainNotInForce;
}

Place PlaceOf(const ServiceSpec& spec, const TlsFlaw& flaw) {
  const WrittenPath* const file = spec.tls ? FileOf(*spec.tls, flaw) : nullptr;
  return file == nullptr ? Place{.where = spec.where, .source_line = {}} : file->at;
}

std::string LineOf(const ServiceSpec& spec, const TlsFlaw& flaw, std::string_view consequence) {
  std::string line = LocationText(PlaceOf(spec, flaw).where) + ": service " + spec.id;
  if (!consequence.empty()) line += " " + std::string(consequence);
  return line + ": " + EscapeText(flaw.text);
}

const ServiceSpec* FindService(const Configuration& configuration, std::string_view id) {
  const auto found =
      std::ranges::find_if(configuration.services, [id](const auto& one) { return one->id == id; });
  return found == configuration.services.end() ? nullptr : found->get();
}

std::string WriteTlsFlaws(const std::vector<TlsFlaw>& flaws) {
  std::string lines;
  for (const TlsFlaw& flaw : flaws) {
    lines += flaw.service + ' ' + std::string(flaw.code) + ' ' +
             std::string(kFiles[static_cast<std::size_t>(flaw.file)]) + ' ' +
             std::to_string(flaw.pair + 1) + ' ' + EscapeText(flaw.text) + '\n';
  }
  return lines;
}

std::expected<Diagnostics, std::string> ReadTlsFlaws(std::string_view lines,
                                                     const Configuration& configuration) {
  Diagnostics findings;
  while (!lines.empty()) {
    std::string_view line, id, code, file, number;
    if (!Take(lines, '\n', line)) return std::unexpected(std::string(lines));
    std::string_view text = line;
    const bool whole = Take(text, ' ', id) && Take(text, ' ', code) && Take(text, ' ', file) &&
                       Take(text, ' ', number);
    const FindingKind* const kind = FindKind(code);
    const ServiceSpec* const spec = FindService(configuration, id);
    const auto named = std::ranges::find(kFiles, file);
    const auto pair = ParseUnsigned(number, TlsSpec::kMaxPairs);
    if (!whole || kind == nullptr || spec == nullptr || named == kFiles.end() || !pair ||
        *pair == 0) {
      return std::unexpected(std::string(line));
    }
    const TlsFlaw flaw{.service = spec->id,
                       .code = kind->id,
                       .file = static_cast<TlsFile>(named - kFiles.begin()),
                       .pair = static_cast<std::size_t>(*pair - 1),
                       .text = {}};
    findings.push_back(FindingOf(*spec, *kind, PlaceOf(*spec, flaw), text));
  }
  return findings;
}

Diagnostics TlsNotJudged(const Configuration& configuration, const std::string& why) {
  Diagnostics findings;
  for (const auto& spec : configuration.services) {
    if (!spec->tls) continue;
    findings.push_back(
        FindingOf(*spec, *FindKind(kTlsNotJudged), {spec->where, {}}, "not judged: " + why));
  }
  return findings;
}

}  // namespace postern::policy::check
