// SPDX-License-Identifier: BSD-2-Clause
// Address words compiled to two prefix trees, one a family.
//
// Two, because all of IPv4 lies below one 96-bit prefix of IPv6: a tree of both would spend its
// first steps, and its table, on telling the families apart.
#include "policy/address/access_list.h"

#include <utility>

#include "policy/address/prefix_tree.h"
#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr int kV4Offset = 96;

PrefixKey KeyOfV4(const IpAddress& address) { return {std::uint64_t{address.v4()} << 32, 0}; }

PrefixKey KeyOf128(const IpAddress& address) {
  PrefixKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.high = key.high << 8 | address.bytes()[i];
    key.low = key.low << 8 | address.bytes()[i + 8];
  }
  return key;
}

constexpr int kNameLength = 129;

bool IsNamed(const AddressWord& word, std::string_view name) {
  if (word.kind == AddressWordKind::kBlocks) return false;
  if (word.kind == AddressWordKind::kHost) return EqualsIgnoreCase(name, word.name);
  // A domain's own name is not below it.
  if (name.size() <= word.name.size() + 1) return false;
  const std::size_t dot = name.size() - word.name.size() - 1;
  return name[dot] == '.' && EqualsIgnoreCase(name.substr(dot + 1), word.name);
}

}  // namespace

struct AccessList::Tree {
  PrefixTree v4, v6;
};

AccessList::AccessList(std::vector<AddressWord> words)
    : words_(std::move(words)), tree_(std::make_unique<Tree>()) {
  std::vector<PrefixTree::Entry> v4, v6;
  for (std::uint32_t index = 0; index < words_.size(); ++index) {
    const AddressWord& word = words_[index];
    if (word.kind != AddressWordKind::kBlocks && first_name_ == nullptr) first_name_ = &word;
    for (const CidrBlock& block : word.blocks) {
      const PrefixKey key = block.is_v4() ? KeyOfV4(block.base()) : KeyOf128(block.base());
      (block.is_v4() ? v4 : v6).push_back({key, block.length(), index});
    }
  }
  tree_->v4 = PrefixTree(std::move(v4));
  tree_->v6 = PrefixTree(std::move(v6));
}

AccessList::~AccessList() = default;
AccessList::AccessList(AccessList&&) noexcept = default;
AccessList& AccessList::operator=(AccessList&&) noexcept = default;

std::optional<AccessList::Match> AccessList::Find(const IpAddress& address) const {
  std::optional<PrefixTree::Match> match;
  if (address.is_v4()) {
    match = tree_->v4.Find(KeyOfV4(address));
    if (match) match->length += kV4Offset;
  }
  // IPv6 blocks that hold IPv4 addresses (::/0) are shorter than every IPv4 block.
  if (!match) match = tree_->v6.Find(KeyOf128(address));
  if (!match) return std::nullopt;
  return Match{match->length, &words_[match->value]};
}

std::optional<AccessList::Match> AccessList::FindName(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  for (const AddressWord& word : words_) {
    if (IsNamed(word, name)) return Match{kNameLength, &word};
  }
  return std::nullopt;
}

}  // namespace postern::policy
