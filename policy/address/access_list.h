// SPDX-License-Identifier: BSD-2-Clause
// The value of only_from or no_access: an ordered list of address words, compiled to a prefix tree.
//
// Source: xinetd.conf(5), only_from. Asking costs one walk of at most 128 steps, whatever the
// number of words. Immutable once built, so it may be shared between services.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/address_word.h"
#include "policy/address/ip_address.h"
#include "policy/base/diagnostic.h"

namespace postern::policy {

class AccessList {
 public:
  // A list without words matches nobody: an empty only_from admits nobody.
  explicit AccessList(std::vector<AddressWord> words);
  ~AccessList();
  AccessList(AccessList&&) noexcept;
  AccessList& operator=(AccessList&&) noexcept;

  struct Match {
    int prefix_length = 0;              // of the most specific matching block, on the 0..128 scale
    const AddressWord* word = nullptr;  // the word it came from, for file:line
  };

  // The most specific address block that holds `address`, if any. Host and domain names never
  // match here; see HasNames().
  std::optional<Match> Find(const IpAddress& address) const;

  // The first host or domain name that `name` is, or is below. It counts as more specific than any
  // block. `name` was looked up and confirmed; case and a final dot do not count.
  std::optional<Match> FindName(std::string_view name) const;

  // True when the list holds host or domain names, which need a looked-up name to decide.
  bool has_names() const { return first_name_ != nullptr; }
  const AddressWord* first_name() const { return first_name_; }

  const std::vector<AddressWord>& words() const { return words_; }

 private:
  struct Tree;
  std::vector<AddressWord> words_;
  const AddressWord* first_name_ = nullptr;
  std::unique_ptr<Tree> tree_;
};

}  // namespace postern::policy
