// SPDX-License-Identifier: BSD-2-Clause
// Whether the name of an address is confirmed by its own forward lookup.
//
// Whoever owns the address writes its reverse entry and may claim any name; only the name's owner
// can make that name point back at the address. Takes as long as the resolver does: call it where
// somebody can end it.
#pragma once

#include <string>

#include "wrapper/lookup/lookup.h"

namespace postern::wrapper {

NameAnswer CheckedName(const sandbox::sys::SocketAddress& address);

// An answer as bytes for a pipe, and back; anything but a whole answer is an unknown name.
std::string EncodeNameAnswer(const NameAnswer& answer);
NameAnswer DecodeNameAnswer(std::string_view bytes);

}  // namespace postern::wrapper
