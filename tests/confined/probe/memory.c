// SPDX-License-Identifier: BSD-2-Clause
// Running what was written as data. The code is "return 42"; done means that it ran.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#if defined(__x86_64__)
static const unsigned char kCode[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 42, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
static const unsigned char kCode[] = {0x5f, 0x24, 0x03, 0xd5, 0x40, 0x05,
                                      0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#endif
static const size_t kPage = 4096;

static int Call(void* code) {
  __builtin___clear_cache((char*)code, (char*)code + sizeof kCode);
  return ((int (*)(void))code)() == 42 ? 0 : kNothing;
}
static void* Map(int protection) {
  return mmap(NULL, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int WritableAndExecutable(void) {
  void* page = Map(PROT_READ | PROT_WRITE | PROT_EXEC);
  if (page == MAP_FAILED) return errno;
  memcpy(page, kCode, sizeof kCode);
  return Call(page);
}
static int ExecutableAfterWriting(void) {
  void* page = Map(PROT_READ | PROT_WRITE);
  if (page == MAP_FAILED) return kBroken;
  memcpy(page, kCode, sizeof kCode);
  if (mprotect(page, kPage, PROT_READ | PROT_EXEC) != 0) return errno;
  return Call(page);
}
static int ExecutableByKey(void) {
  void* page = Map(PROT_READ | PROT_WRITE);
  if (page == MAP_FAILED) return kBroken;
  memcpy(page, kCode, sizeof kCode);
  if (syscall(SYS_pkey_mprotect, page, kPage, PROT_READ | PROT_EXEC, -1) != 0) return errno;
  return Call(page);
}
static int ExecutableStack(void) {
  _Alignas(4096) unsigned char stack[8192];
  memcpy(stack, kCode, sizeof kCode);
  if (mprotect(stack, kPage, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return errno;
  return Call(stack);
}
// The same file mapped twice: written by one mapping, run by the other.
static int TwoMappings(void) {
  const int file = (int)syscall(SYS_memfd_create, "probe", 0U);
  if (file < 0) return errno;
  if (ftruncate(file, (off_t)kPage) != 0) return kBroken;
  void* writable = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void* executable = mmap(NULL, kPage, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  if (executable == MAP_FAILED) return errno;
  if (writable == MAP_FAILED) return kBroken;
  memcpy(writable, kCode, sizeof kCode);
  return Call(executable);
}
static int MapPageZero(void) {
  void* page =
      mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}
static int LockMemory(void) {
  const size_t size = 64UL << 20;
  void* block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return kBroken;
  return Outcome(mlock(block, size));
}
static int HugePages(void) {
  // SHM_HUGETLB's other way in: MFD_HUGETLB.
  return Outcome(syscall(SYS_memfd_create, "probe", 4U));
}

static const struct Act kActs[] = {
    {"map_writable_and_executable", WritableAndExecutable},
    {"run_written_page", ExecutableAfterWriting},
    {"run_written_page_by_key", ExecutableByKey},
    {"run_stack", ExecutableStack},
    {"run_second_mapping", TwoMappings},
    {"map_page_zero", MapPageZero},
    {"lock_memory", LockMemory},
    {"huge_pages", HugePages},
};
const struct Theme kMemory = THEME("memory", kActs);
