// SPDX-License-Identifier: BSD-2-Clause
// What is known of the names of addresses, for as long as the name servers allow.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "policy/address/ip_address.h"

namespace postern::wrapper {

enum class NameFinding : std::uint8_t {
  kConfirmed,
  kNumeric,  // this and the three that follow: policy::NameStanding
  kNoForward,
  kOtherName,
  kOtherAddress,
  kNone,    // the address has no name
  kFailed,  // nobody could tell: a server that does not answer, or answers with an error
};

struct NameResult {
  NameFinding finding = NameFinding::kFailed;
  std::string name;  // kConfirmed, as the reverse lookup spells it
};

// Bounded: the entry that would be the first to go makes room.
class NameCache {
 public:
  static constexpr std::size_t kMostEntries = 4096;
  static constexpr std::chrono::seconds kLongestLife{3600};

  void Put(const policy::IpAddress& address, NameResult result, std::chrono::seconds lifetime,
           std::chrono::milliseconds now);
  const NameResult* Find(const policy::IpAddress& address, std::chrono::milliseconds now) const;
  void Clear();
  std::size_t size() const { return entries_.size(); }

 private:
  using Ends = std::multimap<std::chrono::milliseconds, policy::IpAddress>;
  struct Entry {
    NameResult result;
    Ends::iterator end;
  };
  void Forget(const policy::IpAddress& address);

  std::map<policy::IpAddress, Entry> entries_;
  Ends ends_;
};

}  // namespace postern::wrapper
