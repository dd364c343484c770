// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/error.h"

#include <cstring>

namespace postern::sandbox::sys {

std::string ErrnoMessage(int number) {
  char buffer[128];
  // The GNU strerror_r may return a static text instead of filling the buffer.
  return ::strerror_r(number, buffer, sizeof buffer);
}

std::string ErrnoText(int number) {
  return ErrnoMessage(number) + " (errno = " + std::to_string(number) + ")";
}

std::string Error::ToString() const {
  std::string text = call;
  if (!object.empty()) text += " " + object;
  return text + ": " + ErrnoText(number);
}

std::unexpected<Error> LastError(const char* call, std::string_view object) {
  return std::unexpected(Error{call, errno, std::string(object)});
}

}  // namespace postern::sandbox::sys
