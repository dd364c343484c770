// SPDX-License-Identifier: BSD-2-Clause
// Where private keys lie.
//
// OpenSSL has memory of its own for them, between guard pages, that is neither swapped nor dumped
// and is wiped when it is freed. But a key passes through ordinary memory on its way there, in the
// form of its file, and that is given back as it is: so all that OpenSSL gives back is wiped.
#pragma once

#include <cstdint>

namespace postern::daemon {

// From now on: at most so many bytes of keys. False when there is no such memory, or when OpenSSL
// is in use already.
bool LockKeyMemory(std::uint64_t lockable);

}  // namespace postern::daemon
