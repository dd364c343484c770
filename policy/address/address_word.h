// SPDX-License-Identifier: BSD-2-Clause
// One word of only_from or no_access, parsed into what it means.
//
// Source: xinetd.conf(5), only_from. Where xinetd's program and its manual disagree,
// COMPATIBILITY.md lists what is done here. Parsing touches neither the network nor a name server:
// a word that is a name stays a name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/cidr.h"
#include "policy/base/result.h"

namespace postern::policy {

enum class AddressWordKind : std::uint8_t {
  kBlocks,  // one or more address blocks (numeric, mask, factorized, network name)
  kHost,    // a host name, compared with the client's looked-up name
  kDomain,  // ".example.com": any name below it
};

struct AddressWord {
  AddressWordKind kind = AddressWordKind::kBlocks;
  std::string text;               // as written
  std::vector<CidrBlock> blocks;  // kBlocks
  std::string name;               // kHost, kDomain: lower case; a domain without its leading dot
  SourceLocation where;
  std::string lint;  // what `check` should say about it ("host bits are set"); often empty
};

// Looks a name up in /etc/networks: the network number, host order; nullopt when it has none.
using NetworkLookup = std::function<std::optional<std::uint32_t>(const std::string& name)>;

// Parses one word. `networks` may be empty: then no word is a network name.
Result<AddressWord> ParseAddressWord(std::string_view text, const SourceLocation& where,
                                     const NetworkLookup& networks);

}  // namespace postern::policy
