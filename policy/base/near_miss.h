// SPDX-License-Identifier: BSD-2-Clause
// "did you mean": the known name a misspelt one was probably meant to be.
//
// Used for messages only; nothing is ever accepted because it is near. The work is bounded: words
// longer than kMaxNearMissLength have no near miss.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace postern::policy {

inline constexpr std::size_t kMaxNearMissLength = 40;

// The candidate nearest to `word` by edits (insert, delete, replace, swap of neighbours), case
// ignored; empty when none is within a third of its length. The first of equally near ones wins.
std::string_view NearMiss(std::string_view word, std::span<const std::string_view> candidates);

// " (did you mean \"X\"?)", or nothing: made to be appended to a message.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace postern::policy
