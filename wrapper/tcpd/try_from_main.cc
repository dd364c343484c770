// SPDX-License-Identifier: BSD-2-Clause
// try-from: prints what can be learnt about the client on standard input, in the place of a
// service.
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "policy/hosts/percent_expand.h"
#include "sandbox/sys/system_log.h"
#include "wrapper/libwrap/abi.h"

namespace postern::wrapper {
namespace {

constexpr std::string_view kReport =
    "client address  (%%a): %a\n"
    "client hostname (%%n): %n\n"
    "client username (%%u): %u\n"
    "client info     (%%c): %c\n"
    "server address  (%%A): %A\n"
    "server hostname (%%N): %N\n"
    "server process  (%%d): %d\n"
    "server info     (%%s): %s\n";

int Main(std::string_view started_as) {
  const std::string name(started_as.substr(started_as.rfind('/') + 1));
  sandbox::sys::OpenSystemLog(name);
  request_info request;
  request_init(&request, RQ_DAEMON, name.c_str(), RQ_FILE, 0, 0);
  sock_host(&request);
  std::array<char, policy::hosts::kMaxExpansion + 1> text{};
  std::string report(kReport);
  std::fputs(percent_x(text.data(), static_cast<int>(text.size()), report.data(), &request),
             stdout);
  return 0;
}

}  // namespace
}  // namespace postern::wrapper

int main(int argc, char** argv) { return argc > 0 ? postern::wrapper::Main(argv[0]) : 1; }
