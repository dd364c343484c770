// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/key_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace postern::daemon {
namespace {

void* Allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  return size == 0 ? nullptr : std::malloc(size);
}

void Free(void* memory, const char* /*file*/, int /*line*/) {
  if (memory == nullptr) return;
  OPENSSL_cleanse(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

void* Reallocate(void* memory, std::size_t size, const char* file, int line) {
  void* const fresh = Allocate(size, file, line);
  if (fresh == nullptr && size != 0) return nullptr;
  if (fresh != nullptr && memory != nullptr) {
    std::memcpy(fresh, memory, std::min(size, ::malloc_usable_size(memory)));
  }
  Free(memory, file, line);
  return fresh;
}

}  // namespace

bool LockKeyMemory(std::uint64_t lockable) {
  constexpr std::uint64_t kFewest = 512 * 1024, kMost = 32 * 1024 * 1024;
  constexpr std::size_t kSmallestPiece = 32;
  // Of a limit that is shared with other processes of the user, not all.
  const std::uint64_t size = std::bit_floor(std::min(lockable / 2, kMost));
  return size >= kFewest && CRYPTO_set_mem_functions(&Allocate, &Reallocate, &Free) == 1 &&
         CRYPTO_secure_malloc_init(size, kSmallestPiece) == 1;
}

}  // namespace postern::daemon
