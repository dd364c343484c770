// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-lookup say to each other: the one header in which the two sides meet.
//
// Fixed-layout frames on a sandbox::channel, as in daemon/protocol.h, whose header and functions
// they share; `session` numbers the question. posternd Asks, postern-lookup Answers.
//
// | asked    | when                                | answered by             |
// |----------|-------------------------------------|-------------------------|
// | AskFiles | first, and when a file has changed  | nothing                 |
// | AskName  | after AskFiles, any time            | AnswerName              |
// | AskUser  | after AskFiles, any time            | AnswerUser              |
//
// AnswerReady comes first, once, when the process has confined itself. Each question has one
// answer, within its deadline. A frame of a wrong size, type or question, or a text that is not
// what it may be, is garbage: posternd kills the process and what it was asked stays unknown; the
// process exits.
#pragma once

#include <string_view>

#include "daemon/helper_protocol.h"

namespace postern::daemon {

inline constexpr FrameType kAskFiles{201}, kAskName{202}, kAskUser{203};
inline constexpr FrameType kAnswerName{301}, kAnswerUser{302};

// The resolver's files, which posternd opens, since the process can open none. Descriptors: those
// that `present` names, in this order, for reading. One that is not there is as good as empty.
inline constexpr std::uint32_t kHostsPresent = 1, kResolvPresent = 2, kSwitchPresent = 4;
struct AskFiles {
  FrameHeader header{kAskFiles};
  std::uint32_t present = 0, reserved = 0;
};

inline constexpr std::uint32_t kLongestLookup = 60'000;  // milliseconds
struct AskName {
  FrameHeader header{kAskName};
  WireAddress address{};           // no port; is_v4 as the address is
  std::uint32_t milliseconds = 0;  // 1..kLongestLookup
  std::uint32_t reserved = 0;
};

// The two ends of a connection, of one family. The ident server is asked from `server`.
struct AskUser {
  FrameHeader header{kAskUser};
  WireAddress client{}, server{};
  std::uint32_t milliseconds = 0;
  std::uint32_t reserved = 0;
};

enum class WireName : std::uint32_t {
  kConfirmed = 1,
  kNumeric,  // this and the three that follow: there is a name, and it is not confirmed
  kNoForward,
  kOtherName,
  kOtherAddress,
  kNone,
  kFailed,  // no answer in time, or an error, or no room for the question
};

// `name` holds a host name of letters, digits, hyphens, underscores and dots for kConfirmed;
// nothing otherwise. Bytes behind it are zero.
inline constexpr std::size_t kMaxWireName = 255;
struct AnswerName {
  FrameHeader header{kAnswerName};
  WireName outcome = WireName::kFailed;
  std::uint32_t length = 0;
  std::array<char, kMaxWireName + 1> name{};
};

enum class WireUser : std::uint32_t {
  kUser = 1,
  kNoServer,
  kSystem,
  kLost,
  kBadReply,
  kTimeout,
};

// For kUser, what the ident server says: any bytes but NUL and line feed; `text` not empty. To be
// escaped before a log has it.
inline constexpr std::size_t kMaxWireSystem = 63, kMaxWireUser = 255;
struct AnswerUser {
  FrameHeader header{kAnswerUser};
  WireUser outcome = WireUser::kSystem;
  std::uint32_t system_length = 0, text_length = 0, reserved = 0;
  std::array<char, kMaxWireSystem + 1> system{};
  std::array<char, kMaxWireUser + 1> text{};
};

bool Valid(const AskFiles& ask, std::size_t descriptors);
bool Valid(const AskName& ask);
bool Valid(const AskUser& ask);
bool Valid(const AnswerName& answer);
bool Valid(const AnswerUser& answer);

// Of a valid answer.
std::string_view NameIn(const AnswerName& answer);
std::string_view SystemIn(const AnswerUser& answer);
std::string_view TextIn(const AnswerUser& answer);

}  // namespace postern::daemon
