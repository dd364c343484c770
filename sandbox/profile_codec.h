// SPDX-License-Identifier: BSD-2-Clause
// A Profile as bytes and back: how posternd hands it to the zygote it starts.
//
// Both ends are the same build on the same machine, so integers go as they lie in memory. The bytes
// come from the privileged process alone, in a sealed file; all the same a damaged encoding is an
// error (EBADMSG), never a profile that confines less. Fuzz target: fuzz/profile_codec_fuzz.cc.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox {

std::string EncodeProfile(const Profile& profile);
sys::Result<Profile> DecodeProfile(std::string_view bytes);

}  // namespace postern::sandbox
