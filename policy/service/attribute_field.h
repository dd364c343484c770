// SPDX-License-Identifier: BSD-2-Clause
// Binds a member of Settings and a codec into the functions of a table row. Included by the table
// only.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "policy/service/attributes.h"

namespace postern::policy {

template <typename Codec>
concept HasListOperators =
    requires(typename Codec::Value& list, const typename Codec::Value& other) {
      Codec::Add(list, other);
      Codec::Remove(list, other);
    };

// In `defaults`, "=" on a list adds, as xinetd does it; on a list that a profile begins it
// replaces.
template <typename Codec>
constexpr bool AddsBySetting(BlockKind kind) {
  if constexpr (requires { Codec::kReplacesInDefaults; }) return false;
  return kind == BlockKind::kDefaults;
}

template <auto kMember, typename Codec>
std::optional<Diagnostic> Assign(Settings& settings, Words words, const CodecContext& context,
                                 [[maybe_unused]] BlockKind kind) {
  auto value = Codec::Parse(words, context);
  if (!value) return std::move(value.error());
  auto& setting = settings.*kMember;
  setting.from = &context.assignment;
  if constexpr (HasListOperators<Codec>) {
    const Operator op = context.assignment.op;
    const bool adds = op == Operator::kAdd || (op == Operator::kSet && AddsBySetting<Codec>(kind));
    if (!setting.value && (adds || op == Operator::kRemove)) setting.value.emplace();
    if (op == Operator::kRemove) {
      Codec::Remove(*setting.value, *value);
      return std::nullopt;
    }
    if (adds) {
      Codec::Add(*setting.value, *std::move(value));
      return std::nullopt;
    }
  }
  setting.value = *std::move(value);
  return std::nullopt;
}

template <auto kMember>
void InheritField(Settings& service, const Settings& defaults) {
  if (!(service.*kMember)) service.*kMember = defaults.*kMember;
}

template <auto kMember>
bool Given(const Settings& settings) {
  return static_cast<bool>(settings.*kMember);
}

template <auto kMember>
const Assignment* From(const Settings& settings) {
  return (settings.*kMember).from;
}

template <auto kMember, typename Codec>
std::string PrintField(const Settings& settings) {
  return Codec::Print(*(settings.*kMember));
}

template <auto kMember, typename Codec>
constexpr FieldFunctions Field() {
  return {Assign<kMember, Codec>,
          InheritField<kMember>,
          Given<kMember>,
          From<kMember>,
          PrintField<kMember, Codec>,
          AddsBySetting<Codec>(BlockKind::kDefaults)};
}

}  // namespace postern::policy
