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

POSTERN_ITEM(ServiceIdItem, std::string);    // compared without regard to case
POSTERN_ITEM(VariableItem, std::string);     // the name of an environment variable
POSTERN_ITEM(AssignmentItem, std::string);   // NAME=VALUE
POSTERN_ITEM(PathItem, std::string);         // an absolute path
POSTERN_ITEM(WrittenPathItem, WrittenPath);  // the same, with its place
POSTERN_ITEM(PatternItem, std::string);      // any word
POSTERN_ITEM(IdentityItem, std::string);     // an IdentityPattern
POSTERN_ITEM(SyscallItem, std::string);      // @group or the name of a system call
POSTERN_ITEM(CapabilityItem, std::string);   // capabilities(7), without CAP_
POSTERN_ITEM(PortItem, std::uint16_t);

#undef POSTERN_ITEM

// A list that the profile has a default for: the lines make an edit of it, not the list itself.
template <typename List>
struct EditCodec {
  using Value = Edit<typename List::Value>;
  static constexpr bool kReplacesInDefaults = true;

  static Result<Value> Parse(Words words, const CodecContext& context) {
    auto list = List::Parse(words, context);
    if (!list) return Failure(std::move(list.error()));
    return Value{.replaced = *std::move(list)};
  }

  // The words that are in it, whatever the profile adds to them.
  static std::string Print(const Value& edit) {
    typename List::Value list = edit.replaced.value_or(typename List::Value{});
    List::Add(list, edit.added);
    List::Remove(list, edit.removed);
    return List::Print(list);
  }

  static void Add(Value& edit, Value more) {
    List::Remove(edit.removed, *more.replaced);
    List::Remove(edit.added, *more.replaced);
    List::Add(edit.added, *std::move(more.replaced));
  }

  static void Remove(Value& edit, const Value& less) {
    List::Remove(edit.added, *less.replaced);
    List::Remove(edit.removed, *less.replaced);
    List::Add(edit.removed, *less.replaced);
  }
};

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
using WrittenPathListCodec = ListCodec<WrittenPathItem>;
using PatternListCodec = ListCodec<PatternItem>;
using IdentityListCodec = ListCodec<IdentityItem>;
using SyscallListCodec = ListCodec<SyscallItem>;
using SyscallEditCodec = EditCodec<SyscallListCodec>;
using CapabilityListCodec = ListCodec<CapabilityItem>;
using CapabilityEditCodec = EditCodec<CapabilityListCodec>;
using PortListCodec = ListCodec<PortItem>;

}  // namespace postern::policy
