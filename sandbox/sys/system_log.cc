// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/sys/system_log.h"

#include <pthread.h>
#include <syslog.h>

#include <memory>
#include <mutex>

namespace postern::sandbox::sys {
namespace {

// syslog(3) has a lock that glibc does not look after in fork(2): a child that was made while
// another thread was in there would wait for it for ever. So whoever writes through here holds this
// lock, and so does whoever forks. Never destroyed: threads may still write while the program
// exits.
std::mutex& Writing() {
  static std::mutex& mutex = *std::make_unique<std::mutex>().release();
  return mutex;
}
void Hold() { Writing().lock(); }
void LetGo() { Writing().unlock(); }

}  // namespace

void OpenSystemLog(const std::string& name) {
  // openlog(3) keeps the pointer.
  static std::string kept;
  kept = name;
  ::openlog(kept.c_str(), LOG_PID, LOG_DAEMON);
}

void WriteSystemLog(int priority, const std::string& text) {
  static const int registered = ::pthread_atfork(Hold, LetGo, LetGo);
  static_cast<void>(
      registered);  // without memory for it a fork at the wrong moment hangs the child
  const std::lock_guard lock(Writing());
  ::syslog(priority, "%s", text.c_str());
}

}  // namespace postern::sandbox::sys
