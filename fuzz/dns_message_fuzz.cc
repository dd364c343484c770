// SPDX-License-Identifier: BSD-2-Clause
// A name server's reply (policy/names/dns_message.h): any bytes give bounded records whose names
// are host names, and what is found is in them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "policy/names/dns_message.h"

namespace {

namespace policy = postern::policy;

void Require(bool condition) {
  if (!condition) std::abort();
}

// A record's own owner and name are asked for, so that aliases are followed wherever they begin.
void Ask(const std::vector<policy::DnsRecord>& records, const std::string& question) {
  const policy::DnsName name = policy::NameIn(records, question);
  Require(name.name.empty() || policy::IsPlainHostName(name.name));
  for (const auto type : {policy::DnsType::kA, policy::DnsType::kAaaa}) {
    const auto found = policy::AddressesIn(records, question, type);
    Require(found.lifetime >= std::chrono::seconds(0));
    for (const policy::IpAddress& address : found.addresses) {
      Require(std::ranges::any_of(
          records, [&](const policy::DnsRecord& record) { return record.address == address; }));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = policy::ParseDnsAnswers(std::as_bytes(std::span(data, size)));
  if (!records) return 0;
  Require(records->size() <= policy::kMaxDnsRecords);
  Ask(*records, "7.2.0.192.in-addr.arpa");
  for (const policy::DnsRecord& record : *records) {
    Require(policy::IsPlainHostName(record.owner));
    Require(record.name.empty() || policy::IsPlainHostName(record.name));
    Require(record.name.empty() == record.address.has_value());
    if (records->size() <= 16) Ask(*records, record.owner);
  }
  return 0;
}
