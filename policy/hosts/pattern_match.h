// SPDX-License-Identifier: BSD-2-Clause
// Whether a pattern matches what is known of a request.
//
// Pure: what is not known is named, not looked up. Matching takes at most pattern x text steps; the
// text may be a name that the client's own name server chose.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/hosts/pattern.h"
#include "policy/hosts/request.h"
#include "policy/hosts/table.h"

namespace postern::policy::hosts {

// A value of a request, prepared once for being compared with many patterns.
class Subject {
 public:
  // An IPv6 address that needs one of `absent_interfaces` is a mere text.
  explicit Subject(std::string_view value, std::span<const std::string> absent_interfaces = {});

  // In lower case, and without "::ffff:" in front of a dotted quad.
  std::string_view text() const {
    return (long_.empty() ? std::string_view(short_.data(), size_) : long_).substr(skip_);
  }
  const std::optional<std::uint32_t>& v4() const { return v4_; }  // it is a dotted quad
  const std::optional<policy::IpAddress::Bytes16>& v6() const { return v6_; }
  bool known() const { return text() != kUnknown; }

 private:
  std::array<char, kMaxValue> short_;
  std::size_t size_ = 0, skip_ = 0;
  std::string long_;  // a value that no Fact holds
  std::optional<std::uint32_t> v4_;
  std::optional<policy::IpAddress::Bytes16> v6_;
};

bool Matches(const TextPattern& pattern, const Subject& subject);
bool Matches(const TextPattern& pattern, std::string_view text);

enum class Answer : std::uint8_t {
  kNo,
  kYes,
  kNeed,      // Matcher::need() says what
  kUnusable,  // a pattern file was consulted that cannot be used
  kUntold,    // it hangs on a fact that nobody could tell
};

// The values of one request, and their answers. `malformed_matches`: what a network of malformed
// length (Ipv6Net) says for an IPv6 address; the caller knows which answer refuses.
class Matcher {
 public:
  explicit Matcher(const Request& request);

  struct End {
    End(const Host& host, Needed name_need, std::span<const std::string> absent_interfaces);
    Subject address;
    std::optional<Subject> name;  // once asked for
    const Fact* name_fact;        // as it was given
    Needed name_need;
  };

  Answer Match(const DaemonToken& token, bool malformed_matches);
  Answer Match(const ClientToken& token, bool malformed_matches);
  bool Match(const std::variant<std::uint16_t, TextPattern>& daemon) const;

  const Subject& daemon() const { return daemon_; }
  const End& client() const { return client_; }
  const End& server();
  const std::optional<Subject>& user() const { return user_; }

  // kNeed, and need() is that; kUntold where it was asked for in vain.
  Answer Ask(Needed what);
  // Any rule may have to be asked one by one: what it makes of a missing name depends on it.
  bool lacks_name() const { return request_.client.name.unavailable(); }
  const Need& need() const { return need_; }
  const PatternFile* unusable() const { return unusable_; }  // after kUnusable

 private:
  Answer Match(const HostPattern& pattern, const End& end, bool malformed_matches);
  Answer Match(const Netgroup& group, const End& end);
  Answer Match(const PatternFile& file, const End& end, bool malformed_matches);
  Answer MatchText(const HostPattern& pattern, const TextPattern& text, const End& end);
  const Fact& FactOf(Needed what) const;

  const Request& request_;
  Subject daemon_;
  End client_;
  std::optional<Subject> user_;
  std::optional<End> server_;
  Need need_;
  const PatternFile* unusable_ = nullptr;
};

}  // namespace postern::policy::hosts
