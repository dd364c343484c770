// SPDX-License-Identifier: BSD-2-Clause
// One question to the access files: who asks for which daemon, and what is known about it.
//
// Source: hosts_access(5). Everything is text, because that is what the rules are compared with: an
// address is its printed form, and "unknown" and "paranoid" are values like any other, as they are
// for the library whose verdicts are reproduced. Nothing here looks anything up.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::policy::hosts {

inline constexpr std::string_view kUnknown = "unknown";
inline constexpr std::string_view kParanoid = "paranoid";  // the name did not verify
inline constexpr std::size_t kMaxValue = 127;              // longer values are cut

// A value that may have to be asked for (a name server, an ident server) before it is known.
class Fact {
 public:
  static Fact NotAsked() { return Fact(); }
  static Fact Unknown() { return Known(kUnknown); }
  // An empty text is unknown; one of more than kMaxValue bytes is cut.
  static Fact Known(std::string_view text);
  // The same, but an empty text is that text: a program may give itself the empty name.
  static Fact Given(std::string_view text);
  // It was asked for, and nobody could tell: not the same as knowing that there is none. No rule
  // grants for it, and one that refuses holds (rule_match.h).
  static Fact Unavailable();

  bool asked() const { return asked_; }  // and answered
  bool unavailable() const { return unavailable_; }
  bool known() const { return asked_ && text_ != kUnknown; }
  const std::string& text() const { return text_; }  // only when asked()

 private:
  bool asked_ = false, unavailable_ = false;
  std::string text_;
};

// The client or the server.
struct Host {
  Fact name = Fact::NotAsked();
  Fact address = Fact::Unknown();  // never asked for: the socket tells it
  std::optional<std::uint16_t> port;
};

struct Request {
  Fact daemon = Fact::Unknown();  // never asked for
  Fact user = Fact::NotAsked();
  Host client;
  Host server;
  // Whether a host is in a netgroup, as far as it has been asked: {group, host name}.
  std::map<std::pair<std::string, std::string>, bool> netgroups;
  // Network interfaces that are not there: an IPv6 address above that names one is a mere text.
  std::vector<std::string> absent_interfaces;
};

// What a decision hangs on.
enum class Needed : std::uint8_t { kClientName, kUser, kServerName, kNetgroup };

struct Need {
  Needed what = Needed::kClientName;
  std::string group, host;  // kNetgroup only
};

}  // namespace postern::policy::hosts
