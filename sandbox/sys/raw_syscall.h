// SPDX-License-Identifier: BSD-2-Clause
// System calls for a child that shares its parent's memory: nothing here touches errno or any other
// memory of libc, and nothing allocates. The result is the kernel's own, -errno on failure.
#pragma once

#include <sys/syscall.h>

// Marks what runs in such a child: the sanitizers' run-time keeps per-thread state, which the child
// would share with its parent.
#define POSTERN_IN_CHILD __attribute__((no_sanitize("address", "undefined", "thread")))

namespace postern::sandbox::sys {

#if defined(__x86_64__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0,
                                              long d = 0) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

[[gnu::always_inline]] inline long RawSyscall(long number, long a = 0, long b = 0, long c = 0,
                                              long d = 0) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}

#else
#error "postern launches services on x86_64 and aarch64"
#endif

// For passing a pointer as an argument.
[[gnu::always_inline]] inline long AsLong(const void* pointer) {
  return static_cast<long>(reinterpret_cast<unsigned long>(pointer));
}

}  // namespace postern::sandbox::sys
