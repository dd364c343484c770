// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/key_memory.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace postern::daemon {
namespace {

// In front of each piece stands its size.
constexpr std::size_t kHead = alignof(std::max_align_t);
static_assert(kHead >= sizeof(std::size_t));

std::byte* HeadOf(void* memory) { return static_cast<std::byte*>(memory) - kHead; }

std::size_t SizeOf(void* memory) {
  std::size_t size = 0;
  std::memcpy(&size, HeadOf(memory), sizeof size);
  return size;
}

void* Allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  if (size == 0 || size > std::numeric_limits<std::size_t>::max() - kHead) return nullptr;
  auto* const head = static_cast<std::byte*>(std::malloc(kHead + size));
  if (head == nullptr) return nullptr;
  std::memcpy(head, &size, sizeof size);
  return head + kHead;
}

void Free(void* memory, const char* /*file*/, int /*line*/) {
  if (memory == nullptr) return;
  OPENSSL_cleanse(memory, SizeOf(memory));
  std::free(HeadOf(memory));
}

void* Reallocate(void* memory, std::size_t size, const char* file, int line) {
  void* const fresh = Allocate(size, file, line);
  if (fresh == nullptr && size != 0) return nullptr;
  if (fresh != nullptr && memory != nullptr) {
    std::memcpy(fresh, memory, std::min(size, SizeOf(memory)));
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
