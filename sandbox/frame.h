// SPDX-License-Identifier: BSD-2-Clause
// The frames of a channel as its two sides write and read them.
//
// SHAPE: a frame is a struct of fixed layout without padding, whose member `header` comes first and
// begins with its `type`; a new one has the type that is its own. Both sides are of one build, so
// the layout is the compiler's.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace postern::sandbox {

template <typename Frame>
std::span<const std::byte> AsFrame(const Frame& frame) {
  static_assert(std::is_trivially_copyable_v<Frame>);
  return std::as_bytes(std::span(&frame, 1));
}

// False when the size or the type differs. Enumerators and counts inside are the caller's to check.
template <typename Frame>
bool ReadFrame(std::span<const std::byte> bytes, Frame& frame) {
  static_assert(std::is_trivially_copyable_v<Frame>);
  decltype(frame.header) header{};
  if (bytes.size() != sizeof frame) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.type != Frame{}.header.type) return false;
  std::memcpy(&frame, bytes.data(), sizeof frame);
  return true;
}

}  // namespace postern::sandbox
