// SPDX-License-Identifier: BSD-2-Clause
// What a system call said no to, and Result<T> for the calls that may.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace postern::sandbox::sys {

struct Error {
  const char* call = "";  // a literal: "bind"
  int number = 0;         // errno
  std::string object;     // what it was about: a path, an address; may be empty

  // "bind 127.0.0.1:25: Address already in use (errno = 98)"
  std::string ToString() const;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

// The one place errno is read: call it right after the failing call.
std::unexpected<Error> LastError(const char* call, std::string_view object = {});

// "Address already in use", as strerror(3).
std::string ErrnoMessage(int number);
// "Address already in use (errno = 98)", the form xinetd's log has.
std::string ErrnoText(int number);

// Whether a transfer that failed so is simply to be tried again later.
inline bool IsMomentary(const Error& error) {
  return error.number == EAGAIN || error.number == ENOBUFS || error.number == ENOMEM;
}

// Spells out that a failure is of no consequence, and why.
template <typename T>
void IgnoreError(const Result<T>& /*result*/, const char* /*why*/) {}

}  // namespace postern::sandbox::sys

// Evaluates an expression that yields a Result; on failure returns its error from the function.
#define POSTERN_TRY_CAT2(a, b) a##b
#define POSTERN_TRY_CAT(a, b) POSTERN_TRY_CAT2(a, b)
#define POSTERN_TRY_IMPL(tmp, decl, expr)                   \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define TRY(decl, expr) POSTERN_TRY_IMPL(POSTERN_TRY_CAT(try_, __LINE__), decl, expr)
#define TRY_STATUS(expr)                                                    \
  do {                                                                      \
    auto try_status = (expr);                                               \
    if (!try_status) return std::unexpected(std::move(try_status).error()); \
  } while (false)
