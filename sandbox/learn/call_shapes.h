// SPDX-License-Identifier: BSD-2-Clause
// What of a call's arguments is worth learning: what the rules of sandbox/filter ask about, and
// where the names of files are.
//
// Two calls of the same number and the same kept arguments get the same answer from every filter of
// ours (tests/sandbox/call_shapes_test.cc holds it against the rules).
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace postern::sandbox {

using CallArguments = std::array<std::uint64_t, 6>;

// What a call does to the file it names.
using FileUse = std::uint32_t;
inline constexpr FileUse kLooks = 1;   // asks about it
inline constexpr FileUse kReads = 2;   // reads it, or a directory's names
inline constexpr FileUse kWrites = 4;  // changes what is in it, or its attributes
inline constexpr FileUse kMakes = 8;   // makes, removes or renames it: changes its directory
inline constexpr FileUse kExecutes = 16;
inline constexpr FileUse kConnects = 32;  // to an AF_UNIX socket of that name
inline constexpr FileUse kCreates = 64;   // makes it where there is none (O_CREAT)
inline constexpr FileUse kEveryUse = 127;

struct PathArgument {
  std::uint32_t call = 0;
  std::uint8_t path = 0;       // index of the argument that points to it
  std::int8_t directory = -1;  // of the descriptor it is relative to (openat(2)); -1: none
  FileUse use = 0;             // 0: as the flags in the argument after the path say (open(2))
};

// The arguments without what does not matter: another call's pointers and sizes are 0, a pointer of
// which only the presence matters is 0 or 1.
CallArguments KeptArguments(std::uint32_t call, const CallArguments& arguments);
bool HasKeptArguments(std::uint32_t call);

// At most two.
std::span<const PathArgument> PathsOf(std::uint32_t call);

// `use` of the row, or what the flags of an open(2) mean.
FileUse UseOf(const PathArgument& path, const CallArguments& arguments);

// Whether the caller may have a new descriptor afterwards.
bool MakesDescriptor(std::uint32_t call);

}  // namespace postern::sandbox
