// SPDX-License-Identifier: BSD-2-Clause
// Codecs of the attributes that hold lists; the contract is in codec.h.
//
// A list is described by its item: how one word is read, printed and compared. ListCodec does the
// rest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "policy/service/codec.h"
#include "policy/service/settings.h"

namespace postern::policy {

template <typename Item>
struct ListCodec {
  using Value = std::vector<typename Item::Value>;

  static Result<Value> Parse(Words words, const CodecContext& context) {
    Value list;
    list.reserve(words.size());
    for (const Word& word : words) {
      auto item = Item::ParseOne(word, context);
      if (!item) return Failure(std::move(item.error()));
      list.push_back(*std::move(item));
    }
    return list;
  }

  static std::string Print(const Value& list) {
    std::string out;
    for (const auto& item : list) out += (out.empty() ? "" : " ") + Item::PrintOne(item);
    return out;
  }

  static void Add(Value& list, Value more) { std::ranges::move(more, std::back_inserter(list)); }

  static void Remove(Value& list, const Value& less) {
    std::erase_if(list, [&less](const auto& item) {
      return std::ranges::any_of(less,
                                 [&item](const auto& gone) { return Item::Same(item, gone); });
    });
  }
};

#define POSTERN_ITEM(NAME, TYPE)                                                  \
  struct NAME {                                                                   \
    using Value = TYPE;                                                           \
    static Result<Value> ParseOne(const Word& word, const CodecContext& context); \
    static std::string PrintOne(const Value& item);                               \
    static bool Same(const Value& a, const Value& b);                             \
  }

POSTERN_ITEM(ServiceIdItem, std::string);   // compared without regard to case
POSTERN_ITEM(VariableItem, std::string);    // the name of an environment variable
POSTERN_ITEM(AssignmentItem, std::string);  // NAME=VALUE
POSTERN_ITEM(PathItem, std::string);        // an absolute path
POSTERN_ITEM(PatternItem, std::string);     // a certificate name or fingerprint
POSTERN_ITEM(SyscallItem, std::string);     // @group or the name of a system call
POSTERN_ITEM(CapabilityItem, std::string);  // capabilities(7), without CAP_
POSTERN_ITEM(PortItem, std::uint16_t);

#undef POSTERN_ITEM

// only_from and its kin. Removal compares blocks: "-= 10.0.0.0" takes exactly that block away,
// never what merely lies within it.
struct AddressListCodec {
  using Value = AddressWords;
  static Result<Value> Parse(Words words, const CodecContext& context);
  static std::string Print(const Value& list);
  static void Add(Value& list, Value more);
  static void Remove(Value& list, const Value& less);
};

using ServiceIdListCodec = ListCodec<ServiceIdItem>;
using VariableListCodec = ListCodec<VariableItem>;
using EnvironmentCodec = ListCodec<AssignmentItem>;
using PathListCodec = ListCodec<PathItem>;
using PatternListCodec = ListCodec<PatternItem>;
using SyscallListCodec = ListCodec<SyscallItem>;
using CapabilityListCodec = ListCodec<CapabilityItem>;
using PortListCodec = ListCodec<PortItem>;

}  // namespace postern::policy
