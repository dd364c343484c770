// SPDX-License-Identifier: BSD-2-Clause
// The data symbols of libwrap.so.0. Sizes are part of the interface: programs are linked with
// copies.
#include "wrapper/access/log_sink.h"
#include "wrapper/libwrap/abi.h"

namespace {
// Programs may point the tables elsewhere; nobody writes to these.
char default_allow_table[] = "/etc/hosts.allow";
char default_deny_table[] = "/etc/hosts.deny";
}  // namespace

extern "C" {
__attribute__((weak)) int allow_severity = postern::wrapper::kLogInfo;
__attribute__((weak)) int deny_severity = postern::wrapper::kLogWarning;
char* hosts_allow_table = default_allow_table;
char* hosts_deny_table = default_deny_table;
int hosts_access_verbose = 0;
int dry_run = 0;
int resident = -1;
int rfc931_timeout = 10;
char unknown[8] = "unknown";
char paranoid[9] = "paranoid";
struct tcpd_context tcpd_context = {nullptr, 0};
std::jmp_buf tcpd_buf;
}
