// SPDX-License-Identifier: BSD-2-Clause
#include "policy/check/tls_flaws.h"

#include <algorithm>

#include "policy/check/finding_table.h"

namespace postern::policy::check {
namespace {

Diagnostic FindingOf(const ServiceSpec& spec, const FindingKind& kind, std::string_view text) {
  return {.severity = kind.severity,
          .code = std::string(kind.id),
          .where = spec.where,
          .message = "service " + spec.id + ": " + std::string(text),
          .fix = {},
          .source_line = {}};
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

std::string WriteTlsFlaws(const std::vector<TlsFlaw>& flaws) {
  std::string lines;
  for (const TlsFlaw& flaw : flaws) {
    lines += flaw.service + ' ' + std::string(flaw.code) + ' ' + EscapeText(flaw.text) + '\n';
  }
  return lines;
}

std::expected<Diagnostics, std::string> ReadTlsFlaws(std::string_view lines,
                                                     const Configuration& configuration) {
  Diagnostics findings;
  while (!lines.empty()) {
    std::string_view line, id, code;
    if (!Take(lines, '\n', line)) return std::unexpected(std::string(lines));
    std::string_view text = line;
    const bool whole = Take(text, ' ', id) && Take(text, ' ', code);
    const FindingKind* const kind = FindKind(code);
    const auto spec = std::ranges::find_if(
        configuration.services, [id](const auto& candidate) { return candidate->id == id; });
    if (!whole || kind == nullptr || spec == configuration.services.end()) {
      return std::unexpected(std::string(line));
    }
    findings.push_back(FindingOf(**spec, *kind, text));
  }
  return findings;
}

Diagnostics TlsNotJudged(const Configuration& configuration, const std::string& why) {
  Diagnostics findings;
  for (const auto& spec : configuration.services) {
    if (!spec->tls) continue;
    findings.push_back(FindingOf(*spec, *FindKind(kTlsNotJudged), "not judged: " + why));
  }
  return findings;
}

}  // namespace postern::policy::check
