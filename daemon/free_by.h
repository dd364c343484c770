// SPDX-License-Identifier: BSD-2-Clause
// Makes a unique_ptr of what a C library frees with a function of its own:
// std::unique_ptr<X509, FreeBy<X509_free>>.
#pragma once

namespace postern::daemon {

template <auto kFree>
struct FreeBy {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};

}  // namespace postern::daemon
