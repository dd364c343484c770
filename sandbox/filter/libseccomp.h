// SPDX-License-Identifier: BSD-2-Clause
// A filter in libseccomp's hands, for the processes that confine themselves with one.
#pragma once

#include <seccomp.h>

#include <memory>

#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

struct ReleaseFilter {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using LibFilter = std::unique_ptr<void, ReleaseFilter>;

// libseccomp returns a negated errno.
inline sys::Status CheckLib(int result, const char* call, const char* object) {
  if (result < 0) return std::unexpected(sys::Error{call, -result, object});
  return {};
}

}  // namespace postern::sandbox::filter
