// SPDX-License-Identifier: BSD-2-Clause
// From what a service may call to the program that seccomp(2) enforces.
//
// Runs in posternd when a configuration is loaded, and in the tools; never in a child. The program
// is the one filter of a service: the zygote and every instance run under it, so what the zygote
// calls (kLauncherCalls in filter.cc) passes under every request.
//
// What each call gets, the first that applies:
//   - of another architecture, or x32: the process is killed
//   - a number above kHighestCall: ENOSYS
//   - always denied (groups.h) and not named in `listed` or `added`: the process is killed
//   - not listed, or removed: `unlisted`
//   - listed, but with arguments that the rules of argument_rules.h refuse: an errno
//   - allowed
//
// LIMITS. A filter sees arguments, not what they point to: connect and sendto addresses are left to
// Landlock and the network namespace, clone3 and openat2 (ENOSYS unless named) to their older
// forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/filter/call_table.h"
#include "sandbox/filter/groups.h"
#include "sandbox/profile.h"
#include "sandbox/sys/error.h"

namespace postern::sandbox::filter {

enum class FilterBase : std::uint8_t {
  kListed,        // what is not listed gets `unlisted`
  kAllButDenied,  // everything but the always-denied calls and `removed`
};

enum class Unlisted : std::uint8_t {
  kKill,    // the process ends by SIGSYS
  kErrno,   // EPERM
  kLog,     // allowed, and audited
  kNotify,  // a supervisor is asked (SECCOMP_RET_USER_NOTIF): the zygote, which kills and tells
};

struct FilterRequest {
  FilterBase base = FilterBase::kListed;
  // Words as in groups.h. `listed` counts with kListed only; naming an always-denied call in it or
  // in `added` allows that call.
  std::vector<std::string> listed = BaseWords();
  std::vector<std::string> added, removed;
  Unlisted unlisted = Unlisted::kKill;

  Network network = Network::kInherited;
  bool unix_sockets = false;    // new AF_UNIX sockets
  bool raw_sockets = false;     // CAP_NET_RAW is held; counts with kHost only
  bool accepts = false;         // descriptor 0 is a listening socket (wait = yes)
  bool landlock_tcp = false;    // Landlock keeps TCP sockets from connecting elsewhere
  bool new_privileges = false;  // no_new_privs is off
  bool root_user = false;
  bool jit = false;  // memory may be writable and executable; @jit among the words does the same
};

// EINVAL, and the object tells the word and why: unknown, a denied group among the allowed, a call
// that the zygote needs among the removed.
sys::Result<CallTable> JudgeCalls(const FilterRequest& request);

// The same, compiled.
sys::Result<FilterProgram> BuildFilter(const FilterRequest& request);

}  // namespace postern::sandbox::filter
