// SPDX-License-Identifier: BSD-2-Clause
// What a zygote reads before it is sealed: bytes that decode are exactly those of the profile they
// decode to, so that no two readings of a profile differ; all others are an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/profile_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto profile = postern::sandbox::DecodeProfile(bytes);
  if (profile && postern::sandbox::EncodeProfile(*profile) != bytes) std::abort();
  return 0;
}
