// SPDX-License-Identifier: BSD-2-Clause
// Small text tools for parsers: ASCII case, blanks, strict numbers, path names.
//
// Configuration files are ASCII by definition, so case is folded for A-Z alone and no locale is
// asked. Numbers are strict: every byte must belong to the number, and it must fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::policy {

char ToLower(char c);
std::string ToLower(std::string_view text);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

bool IsSpace(char c);                             // isspace(3) in the C locale
std::string_view Trimmed(std::string_view text);  // without what IsSpace() at both ends

// Decimal digits only: no sign, no blanks. nullopt when it is not a number or exceeds `max`.
std::optional<std::uint64_t> ParseUnsigned(std::string_view text, std::uint64_t max);

// A decimal number with an optional '+' or '-'.
std::optional<std::int64_t> ParseSigned(std::string_view text, std::int64_t min, std::int64_t max);

bool IsAllDigits(std::string_view text);  // false for an empty text
bool IsPrintable(std::string_view text);  // of ASCII, blanks included: a line that forges no other

std::string HexText(std::string_view bytes);  // two digits for each, in lower case

// The part after the last '/'.
std::string_view Basename(std::string_view path);

// The name in front of '=' in NAME=VALUE; the whole word when it has none.
std::string_view VariableName(std::string_view word);

}  // namespace postern::policy
