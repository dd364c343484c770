// SPDX-License-Identifier: BSD-2-Clause
// What posternd and postern-zygote say to each other: fixed-layout frames on a sandbox::channel.
//
// AskProfile comes first, and once: AnswerReady or AnswerRefused. After AnswerReady, each AskLaunch
// with its AskBegin is answered by AnswerStarted or AnswerFailed, and by AnswerEnded in any case
// when there was a process.
//
// Between the two posternd closes its own copy of the connection. Whoever closes the last one may
// wait there for the client for as long as the service likes, which can set SO_LINGER (socket(7)):
// so nobody who serves others too has one while a program runs.
//
// AnswerStarted and AnswerFailed are sent by the instance itself, on its way to execve: the kernel
// puts its process id beside them (unix(7), SCM_CREDENTIALS), so posternd knows it in its own pid
// namespace and need not believe anybody. AnswerEnded and AnswerUnlisted are the zygote's. When
// posternd closes the channel, the zygote takes nothing more, and ends with its last instance.
//
// The zygote reads no byte of a client. Text in its answers is about its own set-up, from before it
// had one. Anything else than the above is garbage: posternd kills the zygote, which exits for its
// part.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "sandbox/frame.h"
#include "sandbox/launch_step.h"

namespace postern::sandbox {

enum class ZygoteFrame : std::uint32_t {
  kAskProfile = 1,
  kAskLaunch,
  kAskBegin,
  kAnswerReady = 101,
  kAnswerRefused,
  kAnswerStarted,
  kAnswerFailed,
  kAnswerEnded,
  kAnswerUnlisted,
};

struct ZygoteHeader {
  ZygoteFrame type;
  std::uint32_t reserved = 0;
  LaunchId id = 0;
};

// Descriptors: the encoded profile, a sealed file (profile_codec.h); of one with a learning plan
// also where the record of what was learned goes (learn/learned.h).
struct AskProfile {
  ZygoteHeader header{ZygoteFrame::kAskProfile};
};

// Descriptors: what becomes 0, 1 and 2 of the instance. `words` holds `length` bytes: NAME=VALUE
// words for this instance alone, each followed by a null byte. The frame ends with the last of
// them. There is room for all that can be told of one connection.
inline constexpr std::size_t kMaxLaunchWords = 9216;
struct AskLaunch {
  ZygoteHeader header{ZygoteFrame::kAskLaunch};
  std::uint32_t program = 0;    // index in Profile::programs
  std::uint32_t has_umask = 0;  // instead of the program's
  std::uint32_t umask = 0;
  std::uint32_t has_priority = 0;
  std::int32_t priority = 0;  // absolute, -20..19; lower than the zygote's takes a right it has not
  std::uint32_t replaces = 0;  // 1: the words take the place of planned ones of the same name
  std::uint32_t length = 0;
  std::array<char, kMaxLaunchWords> words{};
};

// Follows each AskLaunch, with its id.
struct AskBegin {
  ZygoteHeader header{ZygoteFrame::kAskBegin};
};

// `text`: warnings of a profile that tolerates what the kernel lacks, a line each; or why the
// sandbox could not be made.
inline constexpr std::size_t kMaxZygoteText = 1024;
struct ZygoteText {
  std::uint32_t length = 0;
  std::array<char, kMaxZygoteText> bytes{};

  void Set(std::string_view text) {
    length = static_cast<std::uint32_t>(text.size() < bytes.size() ? text.size() : bytes.size());
    std::memcpy(bytes.data(), text.data(), length);
  }
  bool valid() const { return length <= bytes.size(); }
  std::string_view view() const { return {bytes.data(), length}; }
};

struct AnswerReady {
  ZygoteHeader header{ZygoteFrame::kAnswerReady};
  ZygoteText text;
};

struct AnswerRefused {
  ZygoteHeader header{ZygoteFrame::kAnswerRefused};
  ZygoteText text;
};

struct AnswerStarted {
  ZygoteHeader header{ZygoteFrame::kAnswerStarted};
};

// No program ran.
struct AnswerFailed {
  ZygoteHeader header{ZygoteFrame::kAnswerFailed};
  std::uint32_t step = 0;  // LaunchStep
  std::int32_t error = 0;  // errno
};

// `signaled`: `status` is the number of the signal that ended the instance.
struct AnswerEnded {
  ZygoteHeader header{ZygoteFrame::kAnswerEnded};
  std::uint32_t signaled = 0;
  std::int32_t status = 0;
};

// A process was killed for a call that the filter does not list. It may be a child of the instance
// `id`, which then goes on, or of one that has ended: `id` is 0. Of each instance so many are told,
// and between two launches so many of those that are nobody's.
inline constexpr std::uint32_t kMaxUnlistedTold = 16;
struct AnswerUnlisted {
  ZygoteHeader header{ZygoteFrame::kAnswerUnlisted};
  std::uint32_t number = 0;  // of the call
  std::uint32_t reserved = 0;
};

inline constexpr std::size_t kMaxZygoteFrame = sizeof(AskLaunch);

inline std::span<const std::byte> AsFrame(const AskLaunch& ask) {
  return std::as_bytes(std::span(&ask, 1)).first(offsetof(AskLaunch, words) + ask.length);
}

}  // namespace postern::sandbox
