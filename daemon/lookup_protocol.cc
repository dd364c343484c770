// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/lookup_protocol.h"

#include <algorithm>
#include <bit>
#include <span>

#include "policy/names/dns_message.h"

namespace postern::daemon {
namespace {

bool ValidDeadline(std::uint32_t milliseconds) {
  return milliseconds >= 1 && milliseconds <= kLongestLookup;
}

template <std::size_t kSize>
std::string_view Text(const std::array<char, kSize>& bytes, std::uint32_t length) {
  return std::string_view(bytes.data(), std::min<std::size_t>(length, kSize));
}

// The text, and zeros behind it: what is not meant cannot carry anything.
template <std::size_t kSize>
bool IsText(const std::array<char, kSize>& bytes, std::uint32_t length) {
  if (length >= kSize) return false;
  const auto rest = std::span(bytes).subspan(length);
  return Text(bytes, length).find_first_of(std::string_view("\0\n", 2)) == std::string_view::npos &&
         std::ranges::all_of(rest, [](char c) { return c == '\0'; });
}

}  // namespace

bool Valid(const AskFiles& ask, std::size_t descriptors) {
  constexpr std::uint32_t kAll = kHostsPresent | kResolvPresent | kSwitchPresent;
  return (ask.present & ~kAll) == 0 &&
         static_cast<std::size_t>(std::popcount(ask.present)) == descriptors;
}

bool Valid(const AskName& ask) { return ask.address.is_v4 <= 1 && ValidDeadline(ask.milliseconds); }

bool Valid(const AskUser& ask) {
  return ask.client.is_v4 <= 1 && ask.client.is_v4 == ask.server.is_v4 &&
         ValidDeadline(ask.milliseconds);
}

bool Valid(const AnswerName& answer) {
  if (answer.outcome < WireName::kConfirmed || answer.outcome > WireName::kFailed) return false;
  if (!IsText(answer.name, answer.length)) return false;
  if (answer.outcome != WireName::kConfirmed) return answer.length == 0;
  return policy::IsPlainHostName(NameIn(answer));
}

bool Valid(const AnswerUser& answer) {
  if (answer.outcome < WireUser::kUser || answer.outcome > WireUser::kTimeout) return false;
  if (!IsText(answer.system, answer.system_length) || !IsText(answer.text, answer.text_length)) {
    return false;
  }
  const bool named = answer.outcome == WireUser::kUser;
  return named == (answer.text_length != 0) && (named || answer.system_length == 0);
}

std::string_view NameIn(const AnswerName& answer) { return Text(answer.name, answer.length); }
std::string_view SystemIn(const AnswerUser& answer) {
  return Text(answer.system, answer.system_length);
}
std::string_view TextIn(const AnswerUser& answer) { return Text(answer.text, answer.text_length); }

}  // namespace postern::daemon
