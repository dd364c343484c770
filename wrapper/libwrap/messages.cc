// SPDX-License-Identifier: BSD-2-Clause
// tcpd_warn, tcpd_jump, percent_m: what the library says of itself, with the place in the access
// file that the calling program has in tcpd_context.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "sandbox/sys/error.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/libwrap/abi.h"

namespace {

using postern::wrapper::kLogError;
using postern::wrapper::SystemLog;

constexpr std::size_t kLongestMessage = 2048;

// printf(3) of this libc knows %m too.
__attribute__((format(printf, 1, 0))) std::string Formatted(const char* format, va_list arguments) {
  std::string text(kLongestMessage, '\0');
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  text.resize(std::min(static_cast<std::size_t>(std::max(length, 0)), text.size() - 1));
  return text;
}

void Write(const char* kind, const std::string& text) {
  std::string line = kind;
  line += ": ";
  if (tcpd_context.file != nullptr) {
    line += tcpd_context.file;
    line += ", line " + std::to_string(tcpd_context.line) + ": ";
  }
  SystemLog().Write(kLogError, line + text);
}

void WriteFormatted(const char* kind, const char* format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void WriteFormatted(const char* kind, const char* format, va_list arguments) {
  Write(kind, Formatted(format, arguments));
}

}  // namespace

extern "C" void tcpd_warn(char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  WriteFormatted("warning", format, arguments);
  va_end(arguments);
}

extern "C" void tcpd_jump(char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  WriteFormatted("error", format, arguments);
  va_end(arguments);
  std::longjmp(tcpd_buf, AC_ERROR);  // nothing with a destructor is alive here
}

// The caller knows how large its result must be; nothing is written behind the text.
extern "C" char* percent_m(char* result, char* text) noexcept {
  const int number = postern::sandbox::sys::LastError("").error().number;
  const std::string_view reason = std::strerror(number);
  const std::string_view from = text;
  char* to = result;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from.substr(i, 2) == "%m") {
      to = std::copy(reason.begin(), reason.end(), to);
      ++i;
    } else {
      *to++ = from[i];
    }
  }
  *to = '\0';
  return result;
}
