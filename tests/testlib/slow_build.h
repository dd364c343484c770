// SPDX-License-Identifier: BSD-2-Clause
// Whether the test runs many times slower than what is shipped: for bounds of time, and for how
// often a random trial is repeated.
#pragma once

namespace postern::testlib {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
inline constexpr bool kSlowBuild = true;
#else
inline constexpr bool kSlowBuild = false;
#endif

}  // namespace postern::testlib
