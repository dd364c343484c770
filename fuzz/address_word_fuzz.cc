// SPDX-License-Identifier: BSD-2-Clause
// Address words (policy/address/address_word.h): whatever is accepted, printed and parsed again
// means the same, and what is refused says why.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/address/access_list.h"
#include "policy/address/address_word.h"

namespace {

using postern::policy::AddressWord;
using postern::policy::AddressWordKind;
using postern::policy::Result;

void Require(bool condition) {
  if (!condition) std::abort();
}

Result<AddressWord> Parse(std::string_view text) {
  return postern::policy::ParseAddressWord(text, {"fuzz", 1, 1}, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const Result<AddressWord> word = Parse(text);
  if (!word) {
    Require(!word.error().message.empty() && !word.error().code.empty());
    Require(word.error().where.column >= 1 && word.error().where.column <= text.size() + 1);
    return 0;
  }
  Require(word->text == text);
  if (word->kind != AddressWordKind::kBlocks) {
    const bool domain = word->kind == AddressWordKind::kDomain;
    const Result<AddressWord> again = Parse(domain ? '.' + word->name : word->name);
    Require(again && again->kind == word->kind && again->name == word->name);
    return 0;
  }
  Require(!word->blocks.empty());
  const postern::policy::AccessList list({*word});
  for (const auto& block : word->blocks) {
    const Result<AddressWord> again = Parse(block.ToString());
    Require(again && again->blocks.size() == 1 && again->blocks[0] == block);
    Require(again->lint.empty() && block.Contains(block.base()));
    Require(list.Find(block.base()).has_value());
  }
  return 0;
}
