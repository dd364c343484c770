// SPDX-License-Identifier: BSD-2-Clause
// What was learned of a service: every call, how often, by whom first; and what of files, sockets
// and resources it took. A value, and its text on the way from the learner to the postern command.
//
// The service chooses what is in it, up to the limits below: names of files above all. In the text
// they are escaped, and whoever shows them escapes them for its own purpose. What the limits leave
// out is counted; calls are never left out.
//
// The text is one record a line, words apart by one blank, numbers in decimal; "postern-learned 1"
// begins it and "end" ends it. Several of them in a row are one: what several learners learned.
// Fuzzed by fuzz/learned_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sandbox/learn/call_shapes.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

struct LearnedCall {
  std::uint64_t count = 0;
  std::uint64_t refused = 0;  // of these, with an errno, as every sandbox refuses them
  std::uint64_t killed = 0;   // of these, were never made: the caller was killed
  std::string first_by;       // the program; where that may not be read, its name in brackets
};

enum class FoundAs : std::uint8_t { kNothing, kFile, kDirectory };

struct LearnedFile {
  FileUse use = 0;
  std::uint64_t count = 0;
  FoundAs found = FoundAs::kNothing;  // what was there before the first call
  bool set_id = false;                // a program that runs as its owner or group
};

struct ConnectedTo {
  std::uint16_t family = 0;
  std::uint16_t port = 0;  // AF_INET and AF_INET6
  friend auto operator<=>(const ConnectedTo&, const ConnectedTo&) = default;
};

// Of one process at most, but `tasks`: of all that lived at one time, threads counted.
struct Peaks {
  std::uint64_t descriptors = 0;  // the highest number, and one more
  std::uint64_t tasks = 0;
  std::uint64_t address_kib = 0, resident_kib = 0;
  std::uint64_t file_bytes = 0;  // the largest file that was open for writing
  std::uint64_t cpu_ms = 0;
  friend bool operator==(const Peaks&, const Peaks&) = default;
};

struct Learned {
  static constexpr std::size_t kMostArguments = 2048;  // of all calls together
  static constexpr std::size_t kMostFiles = 4096, kMostFileBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMostConnections = 256;

  using ArgumentKey = std::pair<std::uint32_t, CallArguments>;
  std::map<std::uint32_t, LearnedCall> calls;
  std::map<ArgumentKey, std::uint64_t> arguments;  // KeptArguments() of calls that have some
  std::map<std::string, LearnedFile> files;        // absolute; links are not followed
  std::map<ConnectedTo, std::uint64_t> connections;
  Peaks peaks;
  // Uses that found no room above; files whose names could not be read (of another user's process).
  std::uint64_t arguments_left_out = 0, files_left_out = 0, connections_left_out = 0;
  std::uint64_t files_unread = 0;
  std::uint64_t processes = 0;  // programs that were begun or forked
  std::uint64_t cut_off = 0;    // tasks that were still running at the end
};

std::string EncodeLearned(const Learned& learned);

// EBADMSG: not such a text, or not a whole one. The limits of Learned hold for what comes back.
inline constexpr std::size_t kMostLearnedText = std::size_t{16} << 20;
sys::Result<Learned> DecodeLearned(std::string_view text);

}  // namespace postern::sandbox
