// SPDX-License-Identifier: BSD-2-Clause
// inetd.conf as xinetd.conf: `postern convert`.
//
// What is loaded from the result is what is loaded from the lines, but for lines that run tcpd:
// their services start the program behind it, and the access files are asked under the same name.
// A line that xinetd.conf has no words for is left out, with its reason, never weakened. Every line
// stays as a comment.
#pragma once

#include <string>
#include <string_view>

#include "policy/base/diagnostic.h"
#include "policy/service/system_view.h"

namespace postern::policy {

struct XinetdForm {
  std::string text;
  // The parser's, and of this: no-xinetd-form, a line is left out; kept-tcpd, its tcpd stays.
  Diagnostics diagnostics;
};

XinetdForm ToXinetdForm(std::string_view content, const std::string& path, const SystemView& system,
                        const std::string& real_daemon_directory);

}  // namespace postern::policy
