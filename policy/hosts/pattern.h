// SPDX-License-Identifier: BSD-2-Clause
// One pattern of an access rule, parsed into what it means.
//
// Source: hosts_access(5), PATTERNS and WILDCARDS; where the manual is silent, the behaviour of
// tcp_wrappers 7.6 decides, quirks included (COMPATIBILITY.md lists the exceptions). Any token is a
// pattern: nothing here can fail, and what can never match is told by `check`, not here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/address/ip_address.h"
#include "policy/hosts/request.h"

namespace postern::policy::hosts {

// A pattern compared with a text: a daemon name, a user name, an address or a host name.
struct TextPattern {
  enum class Kind : std::uint8_t {
    kGlob,    // '*' and '?' anywhere; `folded` says the quirk of "**" in plain stars and marks
    kSuffix,  // ".example.org"
    kAll,
    kKnown,
    kPrefix,  // "192.0.2."
    kIpv6,    // "[2001:db8::1]", compared as a number
    kExact,   // whatever else, UNKNOWN and PARANOID included
  };
  Kind kind = Kind::kExact;
  std::string text;                                 // as written
  std::string folded;                               // lower case; what is compared
  std::optional<policy::IpAddress::Bytes16> bytes;  // kIpv6; nullopt: not an address, never matches
};

// Whether there is a network interface of this name. "[fe80::1%eth0]" is an address only where
// there is an eth0.
enum class Presence : std::uint8_t { kPresent, kAbsent, kUntold };
using InterfaceView = std::function<Presence(const std::string& name)>;  // empty: nothing is told

// An address whose interface is not known to exist is none.
TextPattern ParseTextPattern(std::string_view token, const InterfaceView& interfaces = {});

// "192.0.2.0/24", "192.0.2.0/255.255.255.0": matches when (address & mask) == network.
struct Ipv4Net {
  std::uint32_t network = 0, mask = 0;  // host order
};

// "[2001:db8::]/32"; the bits behind `length` count on neither side.
struct Ipv6Net {
  policy::IpAddress::Bytes16 network{};
  int length = 0;
  // The length was empty or no number: the ancestor takes it for 0, every address. It matches in
  // hosts.deny and never in hosts.allow.
  bool malformed_length = false;
  bool unknown_interface = false;  // perhaps no network at all: as doubtful as that
  bool doubtful() const { return malformed_length || unknown_interface; }
};

struct NeverMatches {};  // a net that is none: bad address, bad mask

struct Netgroup {
  std::string name;
};

struct PatternFile;

struct HostPattern {
  struct Known {};  // KNOWN: name and address both known, name verified
  struct Local {};  // LOCAL: a known name without a dot
  using Meaning = std::variant<Netgroup, std::shared_ptr<const PatternFile>, Known, Local, Ipv4Net,
                               Ipv6Net, NeverMatches, TextPattern>;
  std::string text;  // as written
  Meaning meaning;
  // TextPattern only: has a character besides digits, dot and slash, so that it is compared with
  // the name too when the address does not match.
  bool compares_name = false;
};

// "/etc/hosts.evil": patterns in a file of their own, read when the policy is compiled.
struct PatternFile {
  std::string path;
  std::string error;  // not empty: it cannot be used, and the rule that asks it fails closed
  std::vector<HostPattern> patterns;
  bool complete = true;  // false: it, or one that it names, cannot be used
};

// The compiled form of a /file pattern; asked once per distinct path by the caller's own cache.
using PatternFileLoader =
    std::function<std::shared_ptr<const PatternFile>(const std::string& path)>;

// The client of a list, the server behind a daemon's '@', or a word of a pattern file.
HostPattern ParseHostPattern(std::string_view token, const PatternFileLoader& pattern_files,
                             const InterfaceView& interfaces = {});

// The first `wanted` from `from` on that stands outside brackets, counted from `from` too: what is
// behind an unclosed '[' or a stray ']' is never found, as in tcp_wrappers.
std::size_t FindOutsideBrackets(std::string_view text, char wanted, std::size_t from = 0);

}  // namespace postern::policy::hosts
