// SPDX-License-Identifier: BSD-2-Clause
// For builds under AddressSanitizer: what a zygote cannot be told in its environment, which is
// empty.
//
// Leaks are looked for at exit by a process that traces this one, which a sealed zygote lets nobody
// do: it would wait for that process for ever, instead of ending.

// Of the sanitizer's run-time library, which looks for it by name.
extern "C" [[gnu::visibility("default"), gnu::used]] const char* __asan_default_options();
const char* __asan_default_options() { return "detect_leaks=0"; }
