// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/random.h"

#include <sys/random.h>

namespace postern::sandbox::sys {

Result<std::uint64_t> RandomNumber() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) return LastError("getrandom");
  return number;
}

}  // namespace postern::sandbox::sys
