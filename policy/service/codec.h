// SPDX-License-Identifier: BSD-2-Clause
// How the words of an attribute become a value and back. Used by the attribute table alone.
//
// A codec is a struct with
//   using Value = …;
//   static Result<Value> Parse(Words words, const CodecContext& context);
//   static std::string Print(const Value& value);            // what Parse would accept again
// and, for a list attribute (+= and -=), also
//   static void Add(Value& list, Value more);
//   static void Remove(Value& list, const Value& less);
// The number of words has been checked against the table's row before Parse is called.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "policy/base/near_miss.h"
#include "policy/base/result.h"
#include "policy/base/text.h"
#include "policy/service/conf_document.h"
#include "policy/service/system_view.h"

namespace postern::policy {

using Words = std::span<const Word>;

struct CodecContext {
  const SystemView& system;
  const Assignment& assignment;

  // "expected WHAT, found "WORD"".
  Failure Expected(const Word& word, std::string_view what, std::string_view hint = {}) const {
    std::string message = "expected " + std::string(what) + ", found \"" + word.text + "\"";
    message += hint;
    return Failure(
        MakeDiagnostic(Severity::kError, "bad-value", assignment.At(word), std::move(message)));
  }
};

template <typename E>
struct Named {
  std::string_view name;
  E value;
};

// "one of a, b, c" and the near miss, over a table of names.
template <typename E, std::size_t N>
Failure ExpectedOneOf(const std::array<Named<E>, N>& names, const Word& word,
                      const CodecContext& context) {
  std::array<std::string_view, N> candidates;
  std::string what = N == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < N; ++i) {
    candidates[i] = names[i].name;
    what += (i == 0 ? "" : ", ") + std::string(names[i].name);
  }
  return context.Expected(word, what, DidYouMean(word.text, candidates));
}

// One word out of a fixed set; case does not matter, as everywhere in xinetd.conf.
template <const auto& kNames>
struct EnumCodec {
  using Value = std::remove_cvref_t<decltype(kNames[0].value)>;

  static Result<Value> Parse(Words words, const CodecContext& context) {
    for (const auto& named : kNames) {
      if (EqualsIgnoreCase(words[0].text, named.name)) return named.value;
    }
    return ExpectedOneOf(kNames, words[0], context);
  }

  static std::string Print(const Value& value) {
    for (const auto& named : kNames) {
      if (named.value == value) return std::string(named.name);
    }
    return {};
  }
};

// Any number of words out of a fixed set, each a bool member of S.
template <typename S, const auto& kNames>
struct FlagsCodec {
  using Value = S;

  static Result<S> Parse(Words words, const CodecContext& context) {
    S set{};
    for (const Word& word : words) {
      bool known = false;
      for (const auto& named : kNames) {
        if (!EqualsIgnoreCase(word.text, named.name)) continue;
        set.*named.value = known = true;
      }
      if (!known) return ExpectedOneOf(kNames, word, context);
    }
    return set;
  }

  static std::string Print(const S& set) {
    std::string out;
    for (const auto& named : kNames) {
      if (set.*named.value) out += (out.empty() ? "" : " ") + std::string(named.name);
    }
    return out;
  }

  static void Add(S& set, const S& more) {
    for (const auto& named : kNames) set.*named.value = set.*named.value || more.*named.value;
  }

  static void Remove(S& set, const S& less) {
    for (const auto& named : kNames) set.*named.value = set.*named.value && !(less.*named.value);
  }
};

}  // namespace postern::policy
