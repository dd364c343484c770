// SPDX-License-Identifier: BSD-2-Clause
// Which of xinetd.conf and inetd.conf is read: one rule for the daemon and the tools.
#pragma once

#include <string>

#include "policy/service/configuration.h"

namespace postern::wrapper {

inline constexpr const char* kXinetdFile = "/etc/xinetd.conf";
inline constexpr const char* kInetdFile = "/etc/inetd.conf";

struct FileChoice {
  std::string xinetd, inetd;  // as named on the command line; empty: not named
  bool inetd_too = false;     // read inetd.conf although it was not named
};

// A named inetd.conf without a named xinetd.conf is a site that has no xinetd.conf.
policy::LoadOptions FilesToLoad(const FileChoice& choice);

}  // namespace postern::wrapper
