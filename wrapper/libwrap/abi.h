// SPDX-License-Identifier: BSD-2-Clause
// tcpd.h as the library itself sees it, with the symbols that header leaves out.
//
// What is declared here is exported and may be replaced by the program around us: socat and others
// copy the data symbols into themselves, nearly all define the severities. So every access goes
// through the dynamic linker's table (default visibility, no -Bsymbolic).
#pragma once

#include <csetjmp>
#include <cstddef>

#ifndef INET6
#define INET6 1
#endif

#pragma GCC visibility push(default)
#include "wrapper/libwrap/tcpd.h"

extern "C" {
extern std::jmp_buf tcpd_buf;                        // where tcpd_jump() goes
char* percent_m(char* result, char* text) noexcept;  // %m is the text of errno
unsigned long cidr_mask_addr(char* text) noexcept;   // "24"; 0 for what is no length
void fix_options(request_info* request);             // refuses IP source routing
}
#pragma GCC visibility pop

// Callers put requests on their stack and fill in function pointers themselves.
static_assert(sizeof(host_info) == 280 && sizeof(request_info) == 872);
static_assert(offsetof(host_info, addr) == 128 && offsetof(host_info, sin) == 256 &&
              offsetof(host_info, unit) == 264 && offsetof(host_info, request) == 272);
static_assert(offsetof(request_info, fd) == 0 && offsetof(request_info, user) == 4 &&
              offsetof(request_info, daemon) == 132 && offsetof(request_info, pid) == 260 &&
              offsetof(request_info, client) == 272 && offsetof(request_info, server) == 552 &&
              offsetof(request_info, sink) == 832 && offsetof(request_info, hostname) == 840 &&
              offsetof(request_info, hostaddr) == 848 && offsetof(request_info, cleanup) == 856 &&
              offsetof(request_info, config) == 864);
static_assert(sizeof(tcpd_context) == 16);
