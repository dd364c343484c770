// SPDX-License-Identifier: BSD-2-Clause
// The name line of tcpmux (RFC 1078), gathered from however many pieces it comes in. Pure.
//
// What follows the line belongs to the service, so Add() says how many of the peeked bytes are the
// line's: exactly those may be taken from the socket. Fuzzed by fuzz/tcpmux_name_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::daemon {

// The longest line, its end included.
inline constexpr std::size_t kMaxMuxLine = 256;

class MuxLine {
 public:
  enum class State : std::uint8_t { kOpen, kComplete, kTooLong };

  // Returns how many of `bytes` belong to the line.
  std::size_t Add(std::string_view bytes);

  State state() const { return state_; }
  std::string_view name() const;  // without CRLF or LF; only when complete
  std::size_t room() const { return kMaxMuxLine - line_.size(); }

 private:
  std::string line_;
  State state_ = State::kOpen;
};

}  // namespace postern::daemon
