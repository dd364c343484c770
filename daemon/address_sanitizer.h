// SPDX-License-Identifier: BSD-2-Clause
// Whether this is a build under AddressSanitizer, which makes system calls of its own.
#pragma once

// g++ defines a macro for it, clang has a feature.
#ifdef __SANITIZE_ADDRESS__
#define POSTERN_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POSTERN_ADDRESS_SANITIZER
#endif
#endif
