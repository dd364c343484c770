// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/libwrap/table_cache.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "wrapper/access/hosts_files.h"

namespace postern::wrapper::libwrap {
namespace {

using policy::hosts::TablePaths;

// A program has one pair of tables, or one for each of a few listeners.
constexpr std::size_t kMostPairs = 16;

struct Cache {
  std::mutex mutex;
  std::deque<HostsFiles> newest_first;
};

// Never destroyed: threads of the program may still decide while it exits.
Cache& TheCache() {
  static Cache& cache = *std::make_unique<Cache>().release();
  return cache;
}

void Lock() { TheCache().mutex.lock(); }
void Unlock() { TheCache().mutex.unlock(); }

HostsFiles& FilesOf(Cache& cache, const TablePaths& paths) {
  auto& known = cache.newest_first;
  const auto found = std::find_if(known.begin(), known.end(), [&](const HostsFiles& files) {
    return files.paths().allow == paths.allow && files.paths().deny == paths.deny;
  });
  if (found != known.end()) return *found;
  if (known.size() == kMostPairs) known.pop_back();
  return known.emplace_front(paths);
}

}  // namespace

HostsVersion CurrentFiles(const TablePaths& paths) {
  static const int registered = pthread_atfork(Lock, Unlock, Unlock);
  static_cast<void>(
      registered);  // without memory for it a fork at the wrong moment hangs the child
  Cache& cache = TheCache();
  const std::lock_guard lock(cache.mutex);
  return FilesOf(cache, paths).CurrentVersion();
}

}  // namespace postern::wrapper::libwrap
