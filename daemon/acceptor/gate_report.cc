// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/gate_report.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "daemon/gate_words.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {
namespace {

// Words between null bytes; nullopt when the last one has no end, or one holds nothing.
std::optional<std::vector<std::string>> SplitWords(std::string_view bytes) {
  std::vector<std::string> words;
  while (!bytes.empty()) {
    const auto end = bytes.find('\0');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    words.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
  }
  return words;
}

bool IsAssignment(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && equals != 0;
}

std::optional<GateAdvice> Understand(std::string_view bytes) {
  GateAdviceFrame frame;
  if (bytes.size() != sizeof frame) return std::nullopt;
  std::memcpy(&frame, bytes.data(), sizeof frame);
  const bool in_range = frame.has_umask <= 1 && frame.umask <= 0777 && frame.has_priority <= 1 &&
                        frame.priority >= -20 && frame.priority <= 19 && frame.twist <= 1 &&
                        frame.length <= frame.words.size();
  if (!in_range) return std::nullopt;
  auto words = SplitWords({frame.words.data(), frame.length});
  if (!words || (frame.twist == 1 && words->empty())) return std::nullopt;
  GateAdvice advice;
  if (frame.has_umask == 1) advice.umask = frame.umask;
  if (frame.has_priority == 1) advice.priority = frame.priority;
  if (frame.twist == 1) {
    advice.twist = std::move(words->back());
    words->pop_back();
  }
  for (const std::string& word : *words) {
    if (!IsAssignment(word)) return std::nullopt;
  }
  advice.words = std::move(*words);
  return advice;
}

}  // namespace

GateAccount ReadGateReport(const sandbox::sys::UniqueFd& status) {
  std::array<char, 1 + sizeof(GateAdviceFrame) + 1> letters{};  // one more than the longest report
  const auto length = sandbox::sys::ReadSome(status, std::as_writable_bytes(std::span(letters)));
  if (!length) return {};
  const std::string_view said(letters.data(), *length);
  static constexpr char kFailure[] = {kGateSaysAllowed, kGateSaysFailed};
  if (said == std::string_view(&kGateSaysRefused, 1)) return {GateReport::kRefused, {}};
  if (said == std::string_view(&kGateSaysAllowed, 1)) return {GateReport::kBecame, {}};
  if (said == std::string_view(kFailure, sizeof kFailure)) return {GateReport::kFailed, {}};
  if (said.empty() || said.front() != kGateSaysAdvice) return {};
  auto advice = Understand(said.substr(1));
  if (!advice) return {};
  return {GateReport::kAdvised, std::move(*advice)};
}

}  // namespace postern::daemon
