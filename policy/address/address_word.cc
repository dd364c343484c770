// SPDX-License-Identifier: BSD-2-Clause
// One word of only_from or no_access: which of its forms it has, and what that form means.
//
// Pure; called by the configuration loader for every word. A word that is none of the forms is an
// error, never dropped: a lost word of no_access would let in whom it was written against.
#include "policy/address/address_word.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "policy/address/decimal.h"
#include "policy/address/host_name.h"
#include "policy/address/numbers_and_dots.h"
#include "policy/base/text.h"

namespace postern::policy {
namespace {

constexpr std::size_t kMaxWordLength = 1024;  // 256 braced octets fit in it
constexpr int kV4Offset = 96;

// What is being parsed, for diagnostics that point at a byte of it.
struct Word {
  std::string_view text;
  const SourceLocation& where;

  Failure Fail(std::size_t offset, std::string code, std::string message,
               std::string fix = {}) const {
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.where = where;
    if (where.column > 0) diagnostic.where.column += static_cast<std::uint32_t>(offset);
    diagnostic.message = std::move(message);
    diagnostic.fix = std::move(fix);
    return Failure(std::move(diagnostic));
  }

  AddressWord Make(AddressWordKind kind) const {
    AddressWord word;
    word.kind = kind;
    word.text = text;
    word.where = where;
    return word;
  }
};

std::string Quote(std::string_view text) { return '"' + std::string(text) + '"'; }

// How many bits of an IPv4 address are left when its trailing zero octets are wildcards.
// xinetd.conf(5): "128.138.12.0 will match all hosts on the 128.138.12 subnet … 0.0.0.0 matches
// all".
int TrailingZeroLength(std::uint32_t address) {
  return address == 0 ? 0 : 32 - std::countr_zero(address) / 8 * 8;
}

// IPv4 in anything but four decimal octets. inet_aton(3) would read it as an address few expect.
Failure RefuseNumbersAndDots(const Word& word, std::string_view address, std::string_view mask) {
  const std::optional<std::uint32_t> meant = ParseNumbersAndDots(address);
  std::string fix;
  std::string message =
      Quote(address) + " is not an IPv4 address: four decimal octets of 0 to 255,";
  message += " without leading zeros, are expected";
  if (address.ends_with('.') || address.ends_with(".*")) {
    const std::string block = PrefixOfOctets(address);
    if (!block.empty()) fix = "write " + block;
  } else if (meant) {
    message += "; xinetd reads it as " + IpAddress::FromV4(*meant).ToString();
    fix = "write " + IpAddress::FromV4(*meant).ToString() + std::string(mask);
    const std::string block = PrefixOfOctets(address);
    const std::string network = mask.empty() ? block : block.substr(0, block.find('/'));
    if (!block.empty()) fix += ", or " + network + std::string(mask) + " if the network is meant";
  }
  return word.Fail(0, "bad-ipv4-address", std::move(message), std::move(fix));
}

Failure RefuseIpv6(const Word& word, std::string_view address) {
  if (address.starts_with('[')) {
    return word.Fail(0, "bad-ipv6-address", "an IPv6 address is written without brackets here",
                     "remove [ and ]");
  }
  if (const std::size_t percent = address.find('%'); percent != std::string_view::npos) {
    return word.Fail(percent, "bad-ipv6-address",
                     "an address rule cannot name an interface (the part from % on)",
                     "write " + std::string(address.substr(0, percent)));
  }
  return word.Fail(0, "bad-ipv6-address", Quote(address) + " is not an IPv6 address");
}

Result<AddressWord> ParseNumeric(const Word& word) {
  const std::optional<IpAddress> address = IpAddress::Parse(word.text);
  if (!address) {
    if (word.text.contains(':')) return RefuseIpv6(word, word.text);
    return RefuseNumbersAndDots(word, word.text, {});
  }
  AddressWord result = word.Make(AddressWordKind::kBlocks);
  const bool dotted = !word.text.contains(':');
  const int full = address->is_v4() ? 32 : 128;
  const int length = dotted ? TrailingZeroLength(address->v4()) : full;
  result.blocks.push_back(*CidrBlock::Make(*address, length));
  return result;
}

// "255.255.255.0" as a prefix length; nullopt when it is not an address or has a hole.
std::optional<int> ContiguousMaskLength(std::string_view text) {
  const std::optional<IpAddress> mask = IpAddress::Parse(text);
  if (!mask || !mask->is_v4()) return std::nullopt;
  const int length = std::countl_one(mask->v4());
  if (length + std::countr_zero(mask->v4()) < 32) return std::nullopt;
  return length;
}

Result<int> ParsePrefixLength(const Word& word, std::size_t slash, bool dotted) {
  const std::string_view bits = word.text.substr(slash + 1);
  const int most = dotted ? 32 : 128;
  if (dotted && bits.contains('.')) {
    if (const std::optional<int> length = ContiguousMaskLength(bits)) return *length;
    return word.Fail(slash + 1, "bad-netmask",
                     Quote(bits) + " is not a netmask: one bits, then zero bits, are expected");
  }
  const std::optional<std::uint32_t> length =
      ParseCanonicalDecimal(bits, static_cast<std::uint32_t>(most));
  if (length) return static_cast<int>(*length);
  return word.Fail(slash + 1, "bad-prefix-length",
                   Quote(bits) + " is not a prefix length: 0 to " + std::to_string(most) +
                       (dotted ? " or a netmask is expected" : " is expected"));
}

// The block of `address` on its own scale, when it was written with `length` bits of IPv6 text.
CidrBlock BlockOfV6Text(const IpAddress& address, int length) {
  if (!address.is_v4()) return *CidrBlock::Make(address, length);
  if (length >= kV4Offset) return *CidrBlock::Make(address, length - kV4Offset);
  // Shorter than the mapped prefix ::ffff:0:0/96: some of its ones are cleared, so it is IPv6.
  IpAddress::Bytes16 bytes = address.bytes();
  for (int bit = length; bit < 128; ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
  }
  return *CidrBlock::Make(IpAddress::FromV6(bytes), length);
}

Result<AddressWord> ParseMasked(const Word& word) {
  const std::size_t slash = word.text.find('/');
  const std::string_view base = word.text.substr(0, slash);
  const bool dotted = !base.contains(':');
  const std::optional<IpAddress> address = IpAddress::Parse(base);
  if (!address) {
    if (!dotted) return RefuseIpv6(word, base);
    if (IsNumbersAndDots(base)) return RefuseNumbersAndDots(word, base, word.text.substr(slash));
    return word.Fail(0, "bad-address-word", "only a numeric address can have a mask");
  }
  const Result<int> length = ParsePrefixLength(word, slash, dotted);
  if (!length) return Failure(length.error());
  AddressWord result = word.Make(AddressWordKind::kBlocks);
  const CidrBlock block =
      dotted ? *CidrBlock::Make(*address, *length) : BlockOfV6Text(*address, *length);
  if (block.base() != *address) {
    result.lint = "host bits are set: " + result.text + " means " + block.ToString();
  }
  result.blocks.push_back(block);
  return result;
}

// xinetd.conf(5): "a factorized address … of the form %d.%d.%d.{%d,%d,...}"; fewer octets make
// networks, and here no octet is a wildcard.
Result<AddressWord> ParseFactorized(const Word& word) {
  const std::size_t open = word.text.find('{');
  if (open == std::string_view::npos || !word.text.ends_with('}')) {
    return word.Fail(0, "bad-factorized-address", "expected a.b.c.{d,e}, without blanks");
  }
  std::uint32_t prefix = 0;
  int octets = 0;
  std::size_t at = 0;
  for (; at < open; ++octets) {
    const std::size_t dot = word.text.find('.', at);
    const std::optional<std::uint32_t> octet =
        dot < open && octets < 3 ? ParseOctet(word.text.substr(at, dot - at)) : std::nullopt;
    if (!octet) {
      return word.Fail(at, "bad-factorized-address",
                       "expected at most three octets of 0 to 255, each with a dot, before {");
    }
    prefix = prefix << 8 | *octet;
    at = dot + 1;
  }
  AddressWord result = word.Make(AddressWordKind::kBlocks);
  const int length = (octets + 1) * 8;
  for (at = open + 1; at < word.text.size();) {
    const std::size_t end = std::min(word.text.find(',', at), word.text.size() - 1);
    const std::optional<std::uint32_t> octet = ParseOctet(word.text.substr(at, end - at));
    if (!octet) {
      return word.Fail(at, "bad-factorized-address",
                       "expected octets of 0 to 255 with one comma between two of them");
    }
    const std::uint32_t address = (prefix << 8 | *octet) << (32 - length);
    result.blocks.push_back(*CidrBlock::Make(IpAddress::FromV4(address), length));
    at = end + 1;
  }
  return result;
}

Result<AddressWord> ParseNetworkName(const Word& word, std::uint32_t network) {
  if (network == 0) {
    return word.Fail(0, "network-is-everything",
                     Quote(word.text) +
                         " is the default route in /etc/networks, which would be"
                         " every IPv4 address",
                     "write 0.0.0.0/0 if that is meant");
  }
  AddressWord result = word.Make(AddressWordKind::kBlocks);
  const int length = TrailingZeroLength(network);
  result.blocks.push_back(*CidrBlock::Make(IpAddress::FromV4(network), length));
  return result;
}

// hosts_access(5) words that would be read as host names here.
Failure RefuseHostsAccessWord(const Word& word) {
  std::string fix;
  if (word.text == "ALL") fix = "write 0.0.0.0/0 ::/0 for every address";
  return word.Fail(0, "hosts-access-word",
                   Quote(word.text) + " is a word of hosts.allow and hosts.deny, not of this file",
                   std::move(fix));
}

Result<AddressWord> ParseName(const Word& word, const NetworkLookup& networks) {
  constexpr std::array<std::string_view, 6> kHostsAccessWords = {"ALL",     "LOCAL",    "KNOWN",
                                                                 "UNKNOWN", "PARANOID", "EXCEPT"};
  if (std::ranges::find(kHostsAccessWords, word.text) != kHostsAccessWords.end()) {
    return RefuseHostsAccessWord(word);
  }
  const bool domain = word.text.starts_with('.');
  if (!domain && networks) {
    const std::optional<std::uint32_t> network = networks(std::string(word.text));
    if (network) return ParseNetworkName(word, *network);
  }
  const HostNameCheck check = CheckHostName(word.text.substr(domain ? 1 : 0));
  if (!check.problem.empty()) {
    return word.Fail(check.offset + (domain ? 1 : 0), "bad-host-name",
                     Quote(word.text) + " is neither an address nor a host name: " + check.problem,
                     check.fix);
  }
  AddressWord result = word.Make(domain ? AddressWordKind::kDomain : AddressWordKind::kHost);
  result.name = check.name;
  return result;
}

}  // namespace

Result<AddressWord> ParseAddressWord(std::string_view text, const SourceLocation& where,
                                     const NetworkLookup& networks) {
  const Word word{text, where};
  if (text.empty()) return word.Fail(0, "bad-address-word", "expected an address or a host name");
  if (text.size() > kMaxWordLength) {
    return word.Fail(0, "bad-address-word",
                     "longer than the " + std::to_string(kMaxWordLength) + " bytes allowed");
  }
  if (text.find_first_of("{}") != std::string_view::npos) return ParseFactorized(word);
  if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
    std::string fix(text);
    std::ranges::replace(fix, ',', ' ');
    return word.Fail(comma, "comma-in-address", "addresses are separated by blanks, not by commas",
                     "write " + fix);
  }
  if (text.contains('/')) return ParseMasked(word);
  if (text.contains(':') || text.starts_with('[')) return ParseNumeric(word);
  if (IsNumbersAndDots(text)) return ParseNumeric(word);
  return ParseName(word, networks);
}

}  // namespace postern::policy
