// SPDX-License-Identifier: BSD-2-Clause
// A name server's reply: the records that answer a question about a name or an address.
//
// Source: RFC 1035 (messages, compression), RFC 1034 3.6.2 and RFC 2317 (aliases), RFC 3596
// (IPv6). Read from hostile bytes: every pointer has to point back, a message is walked once, and a
// name that is no host name (RFC 1123 2.1, with underscores) is as good as none. Whether the
// message belongs to the question is the transport's to see to.
// Fuzz target: dns_message.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address/ip_address.h"

namespace postern::policy {

enum class DnsType : std::uint16_t { kA = 1, kAlias = 5, kName = 12, kAaaa = 28 };

inline constexpr std::size_t kMaxDomainName = 253;  // bytes, dots included (RFC 1035 2.3.4)
inline constexpr std::size_t kMaxDnsRecords = 256;  // of a message; the rest is not looked at

struct DnsRecord {
  std::string owner;  // as written, without the final dot
  DnsType type = DnsType::kA;
  std::chrono::seconds lifetime{0};
  std::string name;                  // kAlias, kName
  std::optional<IpAddress> address;  // kA, kAaaa
};

// The answer section, without what has another type or class, or a name that is none. nullopt: the
// message is malformed up to there.
std::optional<std::vector<DnsRecord>> ParseDnsAnswers(std::span<const std::byte> message);

// "4.3.2.1.in-addr.arpa", "….ip6.arpa"
std::string ReverseQuestion(const IpAddress& address);

struct DnsName {
  std::string name;  // empty: there is none
  std::chrono::seconds lifetime{0};
};
// The name that the records give `question`, through aliases; the first, where there are several.
DnsName NameIn(const std::vector<DnsRecord>& records, std::string_view question);

struct DnsAddresses {
  std::string canonical_name;  // what the last alias points to; the question, where there is none
  std::vector<IpAddress> addresses;
  std::chrono::seconds lifetime{0};
};
// `type` is kA or kAaaa.
DnsAddresses AddressesIn(const std::vector<DnsRecord>& records, std::string_view question,
                         DnsType type);

// Letters, digits, hyphens, underscores and dots between them, at most kMaxDomainName.
bool IsPlainHostName(std::string_view name);

}  // namespace postern::policy
